import { until } from '@goals-tasks/devstack/testing'
import { createRegistry } from '@goals-tasks/observability'
import { expect, onTestFinished, test } from 'vitest'
import { createCache } from '../src/cache.ts'
import type { Loaded } from '../src/reads/entries.ts'
import { connectCache } from '../src/redis/connect.ts'
import { recordCommands } from './support/command-log.ts'
import { adminsOf, onEachDeployment } from './support/deployments.ts'
import { createBarrier, textOf } from './support/memory-database.ts'
import { begin, openCache, patiently } from './support/open-cache.ts'
import { never, startWithOneTask } from './support/task-fixture.ts'

onEachDeployment(({ isCluster, servers, fresh }) => {
  test('an entity is loaded once and then answered for each of its readers, byte for byte', async () => {
    const { cache, read, loads } = startWithOneTask(await openCache(fresh()), ['owner', 'assignee'])
    await read('owner')
    for (const reader of ['owner', 'assignee'])
      expect(await cache.readEntity('task', 't', reader, never)).toEqual({
        version: 1,
        text: textOf('t', 1),
        readers: ['owner', 'assignee'],
      })
    expect(loads).toEqual(['owner'])
  })

  test('any text comes back as it was, line ends, spaces and all', async () => {
    const cache = await openCache(fresh())
    const text = '1 2 3\n\u0000\u{1f600} "é"\r\n'
    await cache.readEntity('goal', 'g', 'a', async () => ({ version: 3, text, readers: ['a'] }))
    await cache.settled()
    expect(await cache.readEntity('goal', 'g', 'a', never)).toEqual({ version: 3, text, readers: ['a'] })
    const page = { text, tag: 'W/"t"', next: 'bmV4dA' }
    await cache.readList(['goals:user:a'], 'v', async () => page)
    await cache.settled()
    expect(await cache.readList(['goals:user:a'], 'v', never)).toEqual(page)
  })

  test('assigned, unassigned and reassigned while it is hot: nobody gets a stale answer, a stale refusal or somebody else’s text', async () => {
    const { read, change } = startWithOneTask(await openCache(fresh()), ['owner'])
    const expected: [string[], number][] = []
    for (const [i, readers] of [['owner', 'bob'], ['owner'], ['owner', 'eve'], ['owner', 'bob'], []].entries())
      expected.push([readers, i + 2])
    expect(await read('owner')).toMatchObject({ version: 1 })
    expect(await read('bob')).toBeNull()
    for (const [readers, version] of expected) {
      expect(await change(readers)).toBe(true)
      for (const reader of ['bob', 'owner', 'eve', 'bob', 'owner', 'eve'])
        if (readers.includes(reader))
          expect(await read(reader)).toEqual({ version, text: textOf('t', version), readers })
        else expect(await read(reader)).toBeNull()
    }
  })

  test('whoever is not among the readers is answered by the database every time, and what they get is theirs alone', async () => {
    const { cache, read } = startWithOneTask(await openCache(fresh()), ['owner'])
    await read('owner')
    const header = { version: 1, text: '{"header":true}', readers: [] }
    for (let i = 0; i < 2; i++) {
      expect(await cache.readEntity('task', 't', 'assignee', async () => header)).toEqual(header)
      await cache.settled()
    }
    expect(await cache.readEntity('task', 't', 'owner', never)).toMatchObject({ text: textOf('t', 1) })
  })

  test('neither null nor an error is kept, nor readers that could be taken for others', async () => {
    const cache = await openCache(fresh())
    let loads = 0
    const load = (answer: () => Promise<Loaded | null>) => () => {
      loads++
      return answer()
    }
    const odd = ['a,b', 'a b', 'a\nb', '']
    for (let i = 0; i < 2; i++) {
      expect(
        await cache.readEntity(
          'goal',
          'g',
          'a',
          load(async () => null),
        ),
      ).toBeNull()
      await expect(
        cache.readEntity(
          'goal',
          'g',
          'a',
          load(() => Promise.reject(new Error('gone'))),
        ),
      ).rejects.toThrow('gone')
      for (const reader of odd) {
        await cache.readEntity(
          'goal',
          'g',
          reader,
          load(async () => ({ version: 1, text: '', readers: [reader] })),
        )
        await cache.settled()
      }
    }
    expect(loads).toBe(2 * (2 + odd.length))
  })

  test('invalidations may come twice and in any order', async () => {
    const { cache, record, read, change, loads } = startWithOneTask(await openCache(fresh()), ['owner'])
    await change()
    await change()
    expect(await read('owner')).toMatchObject({ version: 3 })
    // The event of the second version is late; what is there is newer.
    const repeated = { entities: [{ kind: 'task' as const, id: 't', version: 2 }] }
    expect(await cache.invalidate(repeated)).toBe(true)
    expect(await read('owner')).toMatchObject({ version: record.version('t') })
    expect(loads).toEqual(['owner'])
  })

  test('a list goes with any of its groups, and each variant is its own', async () => {
    const cache = await openCache(fresh())
    const groups = ['tasks:user:ada', 'tasks:goal:1'] as const
    const read = async (variant: string, text: string) => {
      const found = await cache.readList(groups, variant, async () => ({ text, tag: text, next: null }))
      await cache.settled()
      return found.text
    }
    expect([await read('a', '1'), await read('b', '2'), await read('a', '3')]).toEqual(['1', '2', '1'])
    await cache.invalidate({ groups: ['tasks:goal:1'] })
    expect([await read('a', '4'), await read('b', '5')]).toEqual(['4', '5'])
    await cache.invalidate({ groups: ['tasks:goal:2', 'tasks:user:bob'] })
    expect(await read('a', '6')).toBe('4')
  })

  test('a change of many entities and groups reaches all of them', async () => {
    const cache = await openCache(fresh())
    const ids = Array.from({ length: 300 }, (_, i) => `${i}`)
    const readAll = (version: number) =>
      Promise.all(
        ids.map((id) => cache.readEntity('task', id, 'ada', async () => ({ version, text: id, readers: ['ada'] }))),
      )
    await readAll(1)
    await cache.settled()
    const entities = ids.map((id) => ({ kind: 'task' as const, id, version: 2 }))
    const groups = ids.map((id) => `tasks:goal:${id}` as const)
    expect(await cache.invalidate({ entities, groups })).toBe(true)
    expect((await readAll(2)).map((found) => found?.version)).toEqual(ids.map(() => 2))
  })

  test('five hundred that miss at once cost one load per process', async () => {
    const at = fresh()
    const processes = await Promise.all([1, 2, 3].map(() => openCache(at)))
    let loads = 0
    const barrier = createBarrier()
    const load = () => {
      loads++
      return barrier.hold(async () => ({ version: 1, text: '{}', readers: ['ada'] }))
    }
    const reads = Array.from({ length: 500 }, (_, i) => processes[i % 3]?.readEntity('goal', 'hot', 'ada', load))
    await until(() => processes.reduce((sum, { parts }) => sum + parts.tally.misses, 0) === 500)
    barrier.open()
    expect(new Set((await Promise.all(reads)).map((found) => found?.version))).toEqual(new Set([1]))
    await Promise.all(processes.map((each) => each.settled()))
    expect(loads).toBeLessThanOrEqual(3)
    expect(processes.reduce((sum, { parts }) => sum + parts.tally.fills, 0)).toBeLessThanOrEqual(3)
  })

  test('beyond a number of loads at a time, reads are answered and nothing is stored', async () => {
    const cache = await openCache(fresh(), { limits: { ...patiently, maxFlights: 2 } })
    const barrier = createBarrier()
    const reads = []
    for (const id of ['1', '2', '3'])
      reads.push(
        (
          await begin(cache, () =>
            cache.readEntity('goal', id, 'a', () =>
              barrier.hold(async () => ({ version: 1, text: id, readers: ['a'] })),
            ),
          )
        ).result,
      )
    barrier.open()
    expect((await Promise.all(reads)).map((found) => found?.text)).toEqual(['1', '2', '3'])
    await cache.settled()
    expect(cache.parts.tally.fills).toBe(2)
  })

  test('with 200,000 lists in Redis one change and its lists are two commands, on a cluster one per key, without a walk through the keys', async () => {
    const cache = await openCache({ ...fresh(), prefix: 'counted' })
    for (let i = 0; i < 20; i++)
      await cache.redis.mset(
        Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`counted:tasks:goal:1:{${i}}-${n}`, 'a list'])),
      )
    const sizes = await Promise.all(adminsOf(servers()).map((admin) => admin.dbsize()))
    expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThanOrEqual(200_000)
    expect(Math.min(...sizes)).toBeGreaterThan(0)
    const recorded = await recordCommands(servers())
    await cache.invalidate({
      entities: [{ kind: 'task', id: 't', version: 7 }],
      groups: ['tasks:goal:1', 'tasks:user:ada', 'tasks:user:bob'],
    })
    // What a script does is told apart.
    const commands = (await recorded()).filter(({ isFromScript }) => !isFromScript).map(({ name }) => name)
    expect(commands.sort()).toEqual(isCluster ? ['eval', 'unlink', 'unlink', 'unlink'] : ['eval', 'unlink'])
  })

  test('what it did is told to Prometheus', async () => {
    const { url, prefix } = fresh()
    const redis = connectCache(url, () => undefined)
    await new Promise((ready) => redis.once('ready', ready))
    const registry = createRegistry()
    const cache = createCache({ redis, prefix, registry, log: { info: () => undefined, warn: () => undefined } })
    onTestFinished(async () => {
      await cache.close()
      redis.disconnect()
    })
    await cache.readEntity('goal', 'g', 'a', async () => ({ version: 2, text: '', readers: ['a'] }))
    await until(async () => (await cache.getStats()).fills === 1)
    await cache.readEntity('goal', 'g', 'a', never)
    await cache.invalidate({ entities: [{ kind: 'goal', id: 'g', version: 3 }] })
    const lines = (await registry.metrics()).split('\n')
    for (const line of [
      'gt_cache_reads_total{outcome="hit"} 1',
      'gt_cache_reads_total{outcome="miss"} 1',
      'gt_cache_fills_total{outcome="stored"} 1',
      'gt_cache_fills_total{outcome="refused"} 0',
      'gt_cache_invalidations_total{outcome="reached"} 1',
      'gt_cache_distrust_swaps_total 0',
      'gt_cache_trusted 1',
      'gt_cache_breaker_state 0',
    ])
      expect(lines).toContain(line)
  })
})
