import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { createTrust } from '../src/redis/bypass.ts'
import { onEachDeployment } from './support/deployments.ts'
import { createBarrier, createRecord } from './support/memory-database.ts'
import { begin, openCache } from './support/open-cache.ts'

onEachDeployment(({ fresh }) => {
  /** Two processes; in the first one bob's read of the first version is held, after the database and before the fill. */
  async function start() {
    const at = fresh()
    const [one, two] = [await openCache(at), await openCache(at)]
    const record = createRecord(['t'], ['owner', 'bob'])
    const early = createBarrier()
    const read = (cache: typeof one, reader: string) =>
      cache.readEntity('task', 't', reader, () => record.load('t', reader))
    const { result } = await begin(one, () =>
      one.readEntity('task', 't', 'bob', () => early.hold(() => record.load('t', 'bob'))),
    )
    await early.reached
    const invalidate = () => two.invalidate({ entities: [{ kind: 'task', id: 't', version: record.version('t') }] })
    const landed = async () => {
      early.open()
      await result
      await one.settled()
    }
    return { one, two, record, read, invalidate, landed }
  }

  test('a newer fill that came before the invalidation stays, and the late fill of an older version is refused', async () => {
    const { one, two, record, read, invalidate, landed } = await start()
    record.write('t')
    await read(two, 'owner')
    await two.settled()
    expect(await invalidate()).toBe(true)
    await landed()
    for (const cache of [one, two])
      for (const reader of ['bob', 'owner']) expect(await read(cache, reader)).toMatchObject({ version: 2 })
  })

  test('whoever finds a newer entry that is not for them does not join a load that began before it', async () => {
    const { one, two, record, read, invalidate, landed } = await start()
    record.write('t', ['owner'])
    await read(two, 'owner')
    await two.settled()
    expect(await invalidate()).toBe(true)
    const { result } = await begin(one, () => read(one, 'bob'))
    await landed()
    expect(await result).toBeNull()
  })

  test('nobody joins a load that began before a swap', async () => {
    const { one, two, record, read, invalidate, landed } = await start()
    two.redis.disconnect()
    await until(() => !two.isTrusted())
    record.write('t')
    expect(await invalidate()).toBe(false)
    await two.redis.connect()
    await until(two.isTrusted)
    const { result } = await begin(one, () => read(one, 'bob'))
    await landed()
    expect(await result).toMatchObject({ version: 2 })
  })

  test('a change of more entities than can be named in time is told in one command, and a late fill from before it is refused', async () => {
    const { one, two, record, read, landed } = await start()
    const others = Array.from({ length: 1_000 }, (_, i) => ({ kind: 'task' as const, id: `other-${i}`, version: 2 }))
    record.write('t')
    const entities = [{ kind: 'task' as const, id: 't', version: 2 }, ...others]
    expect(await two.invalidate({ entities })).toBe(true)
    expect(await two.redis.get(`${two.parts.entries.key('task', 'other-1')}`)).toBeNull()
    await landed()
    for (const cache of [one, two]) expect(await read(cache, 'bob')).toMatchObject({ version: 2 })
  })
})

test('a doubt that comes during a swap needs another one', async () => {
  const barriers = [createBarrier(), createBarrier()]
  const quiet = { info: () => undefined, warn: () => undefined }
  let swaps = 0
  const replace = async () => barriers[swaps++]?.hold(async () => 'swapped' as const) ?? 'swapped'
  const trust = createTrust({ current: async () => 'g', replace }, quiet, () => undefined)
  trust.distrust('a failed invalidation')
  await barriers[0]?.reached
  trust.distrust('and one more')
  barriers[0]?.open()
  await barriers[1]?.reached
  expect(trust.isTrusted()).toBe(false)
  barriers[1]?.open()
  await until(trust.isTrusted)
  await trust.close()
})
