import { expect, test } from 'vitest'
import type { Invalidation } from '../src/invalidation.ts'
import { logCommands } from './support/command-log.ts'
import { connectAdmins, onEachDeployment } from './support/deployments.ts'
import { openCache } from './support/open-cache.ts'
import { createTaskFixture } from './support/task-fixture.ts'

onEachDeployment(({ isCluster, servers, fresh }) => {
  test('an invalidation changes nothing when it is repeated or arrives after a newer one', async () => {
    const { cache, database, read, change, loads } = createTaskFixture(await openCache(fresh()), ['owner'])
    await change()
    await change()
    expect(await read('owner')).toMatchObject({ version: 3 })
    // The event of version 2 arrives late: the stored entry is newer.
    const repeated = { entities: [{ kind: 'task' as const, id: 't', version: 2 }] }
    expect(await cache.invalidate(repeated)).toBe(true)
    expect(await read('owner')).toMatchObject({ version: database.version('t') })
    expect(loads).toEqual(['owner'])
  })

  test('a list is invalidated in every variant when any of its groups is', async () => {
    const cache = await openCache(fresh())
    const groups = ['tasks:user:ada', 'tasks:goal:1'] as const
    const read = async (variant: string, text: string) => {
      const found = await cache.readList({ groups, variant, holder: 'ada' }, async () => ({
        text,
        tag: text,
        next: null,
      }))
      await cache.fillsDone()
      return found.text
    }
    expect([await read('a', '1'), await read('b', '2'), await read('a', '3')]).toEqual(['1', '2', '1'])
    await cache.invalidate({ groups: ['tasks:goal:1'] })
    expect([await read('a', '4'), await read('b', '5')]).toEqual(['4', '5'])
    await cache.invalidate({ groups: ['tasks:goal:2', 'tasks:user:bob'] })
    expect(await read('a', '6')).toBe('4')
  })

  test('an invalidation reaches all entities and groups when it names hundreds', async () => {
    const cache = await openCache(fresh())
    const ids = Array.from({ length: 300 }, (_, i) => `${i}`)
    const readAll = (version: number) =>
      Promise.all(
        ids.map((id) => cache.readEntity('task', id, 'ada', async () => ({ version, text: id, readers: ['ada'] }))),
      )
    await readAll(1)
    await cache.fillsDone()
    const entities = ids.map((id) => ({ kind: 'task' as const, id, version: 2 }))
    const groups = ids.map((id) => `tasks:goal:${id}` as const)
    expect(await cache.invalidate({ entities, groups })).toBe(true)
    expect((await readAll(2)).map((found) => found?.version)).toEqual(ids.map(() => 2))
  })

  test('an invalidation and a fill reach Redis when it has lost its scripts', async () => {
    const { cache, read, change, loads } = createTaskFixture(await openCache(fresh()), ['owner'])
    for (let i = 0; i < 2; i++) {
      expect(await change()).toBe(true)
      for (let n = 0; n < 2; n++) expect(await read('owner')).toMatchObject({ version: 2 + i })
      await Promise.all(connectAdmins(servers()).map((admin) => admin.script('FLUSH')))
    }
    expect(loads).toHaveLength(2)
    expect(cache.counters).toMatchObject({ fills: 2, fillsFailed: 0, invalidationsMissed: 0 })
  })

  test('an invalidation sends two commands, or one per key to a cluster, when Redis holds 200,000 lists', async () => {
    const cache = await openCache({ ...fresh(), prefix: 'counted' })
    for (let i = 0; i < 20; i++)
      await cache.redis.mset(
        Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`counted:tasks:goal:1:{${i}}-${n}`, 'a list'])),
      )
    const sizes = await Promise.all(connectAdmins(servers()).map((admin) => admin.dbsize()))
    expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThanOrEqual(200_000)
    expect(Math.min(...sizes)).toBeGreaterThan(0)
    const change = {
      entities: [{ kind: 'task', id: 't', version: 7 }],
      groups: ['tasks:goal:1', 'tasks:user:ada', 'tasks:user:bob'],
    } satisfies Invalidation
    // The first call on a connection sends the script itself, later ones its SHA.
    await cache.invalidate(change)
    const loggedCommands = await logCommands(servers())
    await cache.invalidate(change)
    // Commands that a script calls are not round trips.
    const commands = (await loggedCommands()).filter(({ isFromScript }) => !isFromScript).map(({ name }) => name)
    expect(commands.sort()).toEqual(isCluster ? ['evalsha', 'unlink', 'unlink', 'unlink'] : ['evalsha', 'unlink'])
  })

  test('invalidations share their commands when they begin in one turn', async () => {
    const cache = await openCache({ ...fresh(), prefix: 'shared' })
    const change = (n: number) =>
      cache.invalidate({
        entities: [{ kind: 'task', id: `t${n}`, version: 2 }],
        groups: ['tasks:user:ada', `tasks:goal:${n % 2}`],
      })
    const changeAll = () => Promise.all(Array.from({ length: 20 }, (_, n) => change(n)))
    await changeAll()
    const loggedCommands = await logCommands(servers())
    expect(await changeAll()).toEqual(Array(20).fill(true))
    const commands = (await loggedCommands()).filter(({ isFromScript }) => !isFromScript).map(({ name }) => name)
    const perKey = [...Array(20).fill('evalsha'), ...Array(3).fill('unlink')]
    expect(commands.sort()).toEqual(isCluster ? perKey : ['evalsha', 'unlink'])
  })

  test('the newest version counts when one turn invalidates an entity twice', async () => {
    const { cache, database, read, loads } = createTaskFixture(await openCache(fresh()), ['owner'])
    await read('owner')
    await cache.fillsDone()
    const versions = [database.write('t'), database.write('t')].reverse()
    const invalidate = (version: number) => cache.invalidate({ entities: [{ kind: 'task', id: 't', version }] })
    expect(await Promise.all(versions.map(invalidate))).toEqual([true, true])
    expect(await read('owner')).toMatchObject({ version: 3 })
    expect(loads).toEqual(['owner', 'owner'])
  })
})
