import { expect, test } from 'vitest'
import { limitOf, networkOf, rateLimitProblems, readRateLimits } from './rate-limits.ts'

const [ada, adasKey] = ['0b0e6a4e-8a1f-4d0a-9c53-2f8d1f6f7a10', '6c1e4f8b-9a30-4d7e-a7f6-8b5d3e2c0f97']
const policy = (name: string, quota: number, seconds: number) => ({ name, quota, windowMs: seconds * 1_000 })

test.for([
  ['user', 'must look like user=600/60'],
  ['user=600', 'must look like user=600/60'],
  ['user=0/60', 'must look like user=600/60'],
  ['user=6/0', 'must look like user=600/60'],
  ['user=-1/60', 'must look like user=600/60'],
  ['user=1e3/60', 'must look like user=600/60'],
  ['user=6/86401', 'a window of at most 86400 seconds'],
  ['group=6/60', 'must begin with key, user, address, or the id'],
  ['constructor=6/60', 'must begin with key, user, address, or the id'],
])('the entry %j is refused', ([entry = '', problem]) => {
  expect(rateLimitProblems([entry])).toEqual([expect.stringMatching(/^RATE_LIMITS: entry 1 must /)])
  expect(rateLimitProblems([entry])[0]).toContain(problem)
})

test('an entry is refused when its sender has one already', () => {
  expect(rateLimitProblems(['user=6/60', `${ada}=1/1`, 'user=7/60', `${ada.toUpperCase()}=2/1`])).toEqual([
    'RATE_LIMITS: entry 3 names it twice',
    'RATE_LIMITS: entry 4 names it twice',
  ])
})

test('nothing is limited without an entry', () => {
  expect(readRateLimits([])).toBeUndefined()
})

test('a request is limited by its key, else its user, else its address', () => {
  const entries = ['key=10/1', 'user=20/2', 'address=30/3', `${adasKey.toUpperCase()}=99/9`]
  expect(rateLimitProblems(entries)).toEqual([])
  const limits = readRateLimits(entries) ?? expect.fail()
  const address = '192.0.2.1'
  const other = crypto.randomUUID()
  expect(limitOf(limits, { userId: ada, keyId: adasKey, address })?.policy).toEqual(policy('own', 99, 9))
  expect(limitOf(limits, { userId: ada, keyId: other, address })).toEqual({
    sender: other,
    policy: policy('key', 10, 1),
  })
  expect(limitOf(limits, { userId: ada, address })).toEqual({ sender: ada, policy: policy('user', 20, 2) })
  expect(limitOf(limits, { address })).toEqual({ sender: address, policy: policy('address', 30, 3) })
})

test('a key counts as its user when keys have no policy, and a user is not limited by address', () => {
  const onlyUsers = readRateLimits(['user=20/2']) ?? expect.fail()
  expect(limitOf(onlyUsers, { userId: ada, keyId: adasKey, address: '::1' })?.sender).toBe(ada)
  expect(limitOf(onlyUsers, { address: '::1' })).toBeUndefined()
  const onlyAddresses = readRateLimits(['address=1/1']) ?? expect.fail()
  expect(limitOf(onlyAddresses, { userId: ada, address: '::1' })).toBeUndefined()
})

test.for([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
])('the address %s counts as %s', ([address = '', network]) => {
  expect(networkOf(address)).toBe(network)
})
