import { freshRedis, ownRedis, until } from '@goals-tasks/devstack/testing'
import { createRegistry } from '@goals-tasks/observability'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { createCache } from './cache.ts'
import { connectCache } from './connect.ts'
import type { Loaded } from './entries.ts'
import { begin, type OpenCache, openCache, patiently, shortly } from './testing/open-cache.ts'
import { createBarrier, createRecord, textOf } from './testing/record.ts'

const never = () => Promise.reject(new Error('this had to come from the cache'))
const page =
  (text: string, next: string | null = null) =>
  async () => ({ text, next })

/** A cache in front of a record with one task, and the reads that went to the record. */
async function start(readers: string[], cache?: OpenCache) {
  const record = createRecord(['t'], readers)
  const loads: string[] = []
  const used = cache ?? (await openCache(freshRedis()))
  const read = async (reader: string): Promise<Loaded | null> => {
    const found = await used.readEntity('task', 't', reader, () => {
      loads.push(reader)
      return record.load('t', reader)
    })
    await used.settled()
    return found
  }
  const change = (readersNow?: string[]) => {
    const version = record.write('t', readersNow)
    return used.invalidate({ entities: [{ kind: 'task', id: 't', version }] })
  }
  return { cache: used, record, loads, read, change }
}

test('an entity is loaded once and then answered for each of its readers, byte for byte', async () => {
  const { cache, read, loads } = await start(['owner', 'assignee'])
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
  const { cache } = await start([])
  const text = '1 2 3\n\u0000\u{1f600} "é"\r\n'
  await cache.readEntity('goal', 'g', 'a', async () => ({ version: 3, text, readers: ['a'] }))
  await cache.settled()
  expect(await cache.readEntity('goal', 'g', 'a', never)).toEqual({ version: 3, text, readers: ['a'] })
  await cache.readList(['goals:user:a'], 'v', page(text, 'bmV4dA'))
  await cache.settled()
  expect(await cache.readList(['goals:user:a'], 'v', never)).toEqual({ text, next: 'bmV4dA' })
})

test('assigned, unassigned and reassigned while it is hot: nobody gets a stale answer, a stale refusal or somebody else’s text', async () => {
  const { read, change } = await start(['owner'])
  const expected: [string[], number][] = []
  for (const [i, readers] of [['owner', 'bob'], ['owner'], ['owner', 'eve'], ['owner', 'bob'], []].entries())
    expected.push([readers, i + 2])
  expect(await read('owner')).toMatchObject({ version: 1 })
  expect(await read('bob')).toBeNull()
  for (const [readers, version] of expected) {
    expect(await change(readers)).toBe(true)
    for (const reader of ['bob', 'owner', 'eve', 'bob', 'owner', 'eve'])
      if (readers.includes(reader)) expect(await read(reader)).toEqual({ version, text: textOf('t', version), readers })
      else expect(await read(reader)).toBeNull()
  }
})

test('whoever is not among the readers is answered by the database every time, and what they get is theirs alone', async () => {
  const { cache, read } = await start(['owner'])
  await read('owner')
  const header = { version: 1, text: '{"header":true}', readers: [] }
  for (let i = 0; i < 2; i++) {
    expect(await cache.readEntity('task', 't', 'assignee', async () => header)).toEqual(header)
    await cache.settled()
  }
  expect(await cache.readEntity('task', 't', 'owner', never)).toMatchObject({ text: textOf('t', 1) })
})

test('neither null nor an error is kept, nor readers that could be taken for others', async () => {
  const { cache } = await start([])
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
  const { cache, record, read, change, loads } = await start(['owner'])
  await change()
  await change()
  expect(await read('owner')).toMatchObject({ version: 3 })
  // The event of the second version is late; what is there is newer.
  const repeated = { entities: [{ kind: 'task' as const, id: 't', version: 2 }] }
  expect(await cache.invalidate(repeated)).toBe(true)
  expect(await read('owner')).toMatchObject({ version: record.version('t') })
  expect(loads).toEqual(['owner'])
})

test('a list goes with any of its scopes, and each variant is its own', async () => {
  const { cache } = await start([])
  const scopes = ['tasks:user:ada', 'tasks:goal:1'] as const
  const read = async (variant: string, text: string) => {
    const found = await cache.readList(scopes, variant, page(text))
    await cache.settled()
    return found.text
  }
  expect([await read('a', '1'), await read('b', '2'), await read('a', '3')]).toEqual(['1', '2', '1'])
  await cache.invalidate({ scopes: ['tasks:goal:1'] })
  expect([await read('a', '4'), await read('b', '5')]).toEqual(['4', '5'])
  await cache.invalidate({ scopes: ['tasks:goal:2', 'tasks:user:bob'] })
  expect(await read('a', '6')).toBe('4')
})

test('five hundred that miss at once cost one load per process', async () => {
  const at = freshRedis()
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
  const cache = await openCache(freshRedis(), { limits: { ...patiently, maxFlights: 2 } })
  const barrier = createBarrier()
  const reads = []
  for (const id of ['1', '2', '3'])
    reads.push(
      (
        await begin(cache, () =>
          cache.readEntity('goal', id, 'a', () => barrier.hold(async () => ({ version: 1, text: id, readers: ['a'] }))),
        )
      ).result,
    )
  barrier.open()
  expect((await Promise.all(reads)).map((found) => found?.text)).toEqual(['1', '2', '3'])
  await cache.settled()
  expect(cache.parts.tally.fills).toBe(2)
})

test('with 200,000 lists in Redis one change and its lists are two commands, without a walk through the keys', async () => {
  const { url } = await ownRedis()
  const cache = await openCache({ url, prefix: 'counted' })
  const admin = new Redis(url)
  for (let i = 0; i < 20; i++)
    await admin.mset(
      Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`counted:tasks:goal:1:${i}-${n}`, 'a list'])),
    )
  expect(await admin.dbsize()).toBeGreaterThanOrEqual(200_000)
  const monitor = await admin.monitor()
  onTestFinished(() => {
    for (const client of [monitor, admin]) client.disconnect()
  })
  const commands: string[] = []
  monitor.on('monitor', (_time, [name]: string[], source: string) => {
    // What a script does comes from "lua".
    if (source !== 'lua') commands.push(name?.toLowerCase() ?? '')
  })
  await cache.invalidate({
    entities: [{ kind: 'task', id: 't', version: 7 }],
    scopes: ['tasks:goal:1', 'tasks:user:ada', 'tasks:user:bob'],
  })
  await cache.exists('the end')
  await until(() => commands.includes('exists'))
  expect(commands.sort()).toEqual(['eval', 'exists', 'unlink'])
})

test('Redis hangs: reads are loaded, a change is told as missed; then it is back, and nobody sees anything older', async () => {
  const redis = await ownRedis()
  const at = { url: redis.url, prefix: 'hung' }
  const other = await openCache(at)
  const { read, change, record, cache, loads } = await start(['owner'], await openCache(at, { limits: shortly }))
  await read('owner')
  const elsewhere = () => other.readEntity('task', 't', 'owner', () => record.load('t', 'owner'))
  expect(await elsewhere()).toMatchObject({ version: 1 })
  redis.pause()
  for (let i = 0; i < 8; i++) expect(await read('owner')).toMatchObject({ version: 1 })
  expect(await change()).toBe(false)
  expect(await read('owner')).toMatchObject({ version: 2 })
  redis.resume()
  await until(cache.isTrusted)
  expect(await read('owner')).toMatchObject({ version: 2 })
  expect(await elsewhere()).toMatchObject({ version: 2 })
  expect(loads.length).toBeGreaterThan(8)
})

test('Redis is emptied while a fill is under way: what was read before is not seen after', async () => {
  const redis = await ownRedis()
  const cache = await openCache({ url: redis.url, prefix: 'emptied' })
  const { record, read, change } = await start(['owner'], cache)
  const early = createBarrier()
  const { result } = await begin(cache, () =>
    cache.readEntity('task', 't', 'owner', () => early.hold(() => record.load('t', 'owner'))),
  )
  await early.reached
  await change()
  const admin = new Redis(redis.url)
  await admin.flushall()
  admin.disconnect()
  early.open()
  await result
  await cache.settled()
  expect(await read('owner')).toMatchObject({ version: 2 })
})

test('a tombstone that Redis evicts lets no stale fill in', async () => {
  const { url, prefix } = freshRedis()
  const cache = await openCache({ url, prefix })
  const { record, read, change } = await start(['owner'], cache)
  const early = createBarrier()
  const { result } = await begin(cache, () =>
    cache.readEntity('task', 't', 'owner', () => early.hold(() => record.load('t', 'owner'))),
  )
  await early.reached
  await change()
  await cache.redis.unlink(`${prefix}:task:t`)
  early.open()
  await result
  await cache.settled()
  expect(cache.parts.tally.refused).toBe(1)
  expect(await read('owner')).toMatchObject({ version: 2 })
})

test('of processes that lost Redis together, one empties the cache for all', async () => {
  const at = freshRedis()
  const limits = { ...patiently, swapEveryMs: 300 }
  const processes = await Promise.all(Array.from({ length: 8 }, () => openCache(at, { limits })))
  await processes[0]?.readEntity('goal', 'g', 'a', async () => null)
  for (const { parts } of processes) parts.trust.distrust('a test')
  await until(() => processes.every(({ isTrusted }) => isTrusted()))
  // Whoever looked too late for the first needs a second.
  expect(processes.reduce((sum, { parts }) => sum + parts.tally.swaps, 0)).toBeLessThanOrEqual(2)
})

test('what it did is told to Prometheus', async () => {
  const { url, prefix } = freshRedis()
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
