import { expect, test } from 'vitest'
import { findAddressProblem, isAddressAllowed } from './addresses.ts'

const none: string[] = []
const problem = 'must name a host on the public internet'

test.for(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111', '2001:4860:4860::8888', '::ffff:8.8.8.8'])(
  'the public address %s is allowed',
  (address) => {
    expect(isAddressAllowed(address, none)).toBe(true)
  },
)

test.for([
  ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ...['169.254.169.254', '100.64.0.1', '192.0.0.1', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1'],
  ...['224.0.0.1', '240.0.0.1', '255.255.255.255', '192.88.99.1'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::7f00:1', '::127.0.0.1'],
  ...['::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::7f00:1', '2002:7f00:1::', '2001::1', '2001:db8::1'],
  ...['fe80::1', 'fe80::1%eth0', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '4000::1', '100::1'],
  ...['', 'localhost', '127.0.0.1.', '127.0.0.1:80', '256.0.0.1', 'example.com'],
])('the address "%s" is refused', (address) => {
  expect(isAddressAllowed(address, none)).toBe(false)
})

test.for([
  ['10.1.2.3', '10.0.0.0/8'],
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:127.0.0.1', '127.0.0.0/8'],
  ['fd00::1', 'fd00::/8'],
  ['127.0.0.1', 'loopback'],
  ['::1', 'loopback'],
  ['169.254.1.1', 'linklocal'],
  ['192.168.0.9', 'uniquelocal'],
] as const)('the private address %s is allowed when %s is an allowed network', ([address, network]) => {
  expect(isAddressAllowed(address, ['fd12::/16', network])).toBe(true)
})

test.for([
  ['10.1.2.3', '11.0.0.0/8'],
  ['::1', '127.0.0.0/8'],
  ['127.0.0.2', '127.0.0.1'],
  ['64:ff9b::7f00:1', '127.0.0.0/8'],
] as const)('the private address %s is refused when only %s is an allowed network', ([address, network]) => {
  expect(isAddressAllowed(address, [network])).toBe(false)
})

/** The forms in which a URL can name this machine. */
const localForms = [
  ...['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '127.1', '0.0.0.0', '①②⑦.0.0.1', '0x7f000001'],
  ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[0:0:0:0:0:0:0:1]'],
  ...['localhost', 'localhost.', 'LOCALHOST', 'hooks.localhost'],
]

test.for(localForms)('a URL with the host %s is refused, by http and https', async (host) => {
  expect(await findAddressProblem(`http://${host}/hook`, none)).toBe(problem)
  expect(await findAddressProblem(`https://${host}:8443/hook`, none)).toBe(problem)
})

test('a host name is refused when one of its addresses is private', async () => {
  const lookup = async () => ['8.8.8.8', '10.0.0.1']
  expect(await findAddressProblem('https://hooks.example/', none, lookup)).toBe(problem)
  expect(await findAddressProblem('https://hooks.example/', ['10.0.0.0/8'], lookup)).toBeUndefined()
})

test('a host name is looked up without brackets and port, and is allowed when it is public', async () => {
  const asked: string[] = []
  const lookup = async (hostname: string) => {
    asked.push(hostname)
    return ['8.8.8.8', '2606:4700:4700::1111']
  }
  expect(await findAddressProblem('https://Hooks.Example:8443/', none, lookup)).toBeUndefined()
  expect(await findAddressProblem('https://[2606:4700:4700::1111]/', none, lookup)).toBeUndefined()
  expect(asked).toEqual(['hooks.example'])
})

test('a host name has no problem when it cannot be resolved, and a text that is no URL has one', async () => {
  const lookup = () => Promise.reject(new Error('ENOTFOUND'))
  expect(await findAddressProblem('https://hooks.example/', none, lookup)).toBeUndefined()
  expect(await findAddressProblem('hooks.example', none, lookup)).toBe('must be an absolute URL')
})
