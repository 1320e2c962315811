import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { createBarrier } from './support/barrier.ts'
import { onEachDeployment } from './support/deployments.ts'
import { createMemoryDatabase } from './support/memory-database.ts'
import { begin, openCache } from './support/open-cache.ts'

onEachDeployment(({ fresh }) => {
  /** Opens two processes. The first holds bob's read of version 1 between its load and its fill. */
  async function start() {
    const at = fresh()
    const [one, two] = [await openCache(at), await openCache(at)]
    const database = createMemoryDatabase(['t'], ['owner', 'bob'])
    const barrier = createBarrier()
    const read = (cache: typeof one, reader: string) =>
      cache.readEntity('task', 't', reader, () => database.load('t', reader))
    const { result } = await begin(one, () =>
      one.readEntity('task', 't', 'bob', () => barrier.hold(() => database.load('t', 'bob'))),
    )
    await barrier.reached
    const invalidate = () => two.invalidate({ entities: [{ kind: 'task', id: 't', version: database.version('t') }] })
    const finishLateFill = async () => {
      barrier.open()
      await result
      await one.fillsDone()
    }
    return { one, two, database, read, invalidate, finishLateFill }
  }

  test('a newer fill stays when the invalidation and the late fill of an older version follow it', async () => {
    const { one, two, database, read, invalidate, finishLateFill } = await start()
    database.write('t')
    await read(two, 'owner')
    await two.fillsDone()
    expect(await invalidate()).toBe(true)
    await finishLateFill()
    for (const cache of [one, two])
      for (const reader of ['bob', 'owner']) expect(await read(cache, reader)).toMatchObject({ version: 2 })
  })

  test('a reader does not join an older load when a newer entry excludes that reader', async () => {
    const { one, two, database, read, invalidate, finishLateFill } = await start()
    database.write('t', ['owner'])
    await read(two, 'owner')
    await two.fillsDone()
    expect(await invalidate()).toBe(true)
    const { result } = await begin(one, () => read(one, 'bob'))
    await finishLateFill()
    expect(await result).toBeNull()
  })

  test('a reader does not join an older load when the generation was bumped after that load began', async () => {
    const { one, two, database, read, invalidate, finishLateFill } = await start()
    two.redis.disconnect()
    await until(two.isBypassed)
    database.write('t')
    expect(await invalidate()).toBe(false)
    await two.redis.connect()
    await until(two.isUsed)
    const { result } = await begin(one, () => read(one, 'bob'))
    await finishLateFill()
    expect(await result).toMatchObject({ version: 2 })
  })

  test('an invalidation bumps the generation and voids late fills when it names over 1,000 entities', async () => {
    const { one, two, database, read, finishLateFill } = await start()
    const others = Array.from({ length: 1_000 }, (_, i) => ({ kind: 'task' as const, id: `other-${i}`, version: 2 }))
    database.write('t')
    const entities = [{ kind: 'task' as const, id: 't', version: 2 }, ...others]
    expect(await two.invalidate({ entities })).toBe(true)
    expect(await two.redis.get(`${two.parts.entries.key('task', 'other-1')}`)).toBeNull()
    await finishLateFill()
    for (const cache of [one, two]) expect(await read(cache, 'bob')).toMatchObject({ version: 2 })
  })
})
