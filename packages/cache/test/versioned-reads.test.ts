import { until } from '@goals-tasks/devstack/testing'
import { createRegistry } from '@goals-tasks/observability'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createCache } from '../src/cache.ts'
import type { Loaded } from '../src/reads/entries.ts'
import { connectCache } from '../src/redis/connect.ts'
import { onEachDeployment } from './support/deployments.ts'
import { textOf } from './support/memory-database.ts'
import { openCache } from './support/open-cache.ts'
import { silentLog } from './support/silent-log.ts'
import { createTaskFixture, mustNotLoad } from './support/task-fixture.ts'

onEachDeployment(({ fresh }) => {
  test('an entity is loaded once and served byte for byte when any of its readers asks again', async () => {
    const { cache, read, loads } = createTaskFixture(await openCache(fresh()), ['owner', 'assignee'])
    await read('owner')
    for (const reader of ['owner', 'assignee'])
      expect(await cache.readEntity('task', 't', reader, mustNotLoad)).toEqual({
        version: 1,
        text: textOf('t', 1),
        readers: ['owner', 'assignee'],
      })
    expect(loads).toEqual(['owner'])
  })

  test('a text comes back unchanged when it contains line ends, spaces and control characters', async () => {
    const cache = await openCache(fresh())
    const text = '1 2 3\n\u0000\u{1f600} "é"\r\n'
    await cache.readEntity('goal', 'g', 'a', async () => ({ version: 3, text, readers: ['a'] }))
    await cache.fillsDone()
    expect(await cache.readEntity('goal', 'g', 'a', mustNotLoad)).toEqual({ version: 3, text, readers: ['a'] })
    const page = { text, tag: 'W/"t"', next: 'bmV4dA' }
    await cache.readList({ groups: ['goals:user:a'], variant: 'v', holder: 'ada' }, async () => page)
    await cache.fillsDone()
    expect(await cache.readList({ groups: ['goals:user:a'], variant: 'v', holder: 'ada' }, mustNotLoad)).toEqual(page)
  })

  test('a reader gets the current text, or null from the database, when access changes again and again', async () => {
    const { read, change } = createTaskFixture(await openCache(fresh()), ['owner'])
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

  test('a reader gets its own text from the database each time when the entry does not name it', async () => {
    const { cache, read } = createTaskFixture(await openCache(fresh()), ['owner'])
    await read('owner')
    const summary = { version: 1, text: '{"summary":true}', readers: [] }
    for (let i = 0; i < 2; i++) {
      expect(await cache.readEntity('task', 't', 'assignee', async () => summary)).toEqual(summary)
      await cache.fillsDone()
    }
    expect(await cache.readEntity('task', 't', 'owner', mustNotLoad)).toMatchObject({ text: textOf('t', 1) })
  })

  test('a read loads again when the load returned null, an error or readers with ambiguous ids', async () => {
    const cache = await openCache(fresh())
    let loads = 0
    const read = (reader: string, load: () => Promise<Loaded | null>) =>
      cache.readEntity('goal', 'g', reader, () => {
        loads++
        return load()
      })
    const ambiguous = ['a,b', 'a b', 'a\nb', '']
    for (let i = 0; i < 2; i++) {
      expect(await read('a', async () => null)).toBeNull()
      await expect(read('a', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone')
      for (const reader of ambiguous) {
        await read(reader, async () => ({ version: 1, text: '', readers: [reader] }))
        await cache.fillsDone()
      }
    }
    expect(loads).toBe(2 * (2 + ambiguous.length))
  })

  test('a load is stored only when it took at most five seconds', async () => {
    const cache = await openCache(fresh())
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const readBoth = async (name: string, ms: number) => {
      await cache.readEntity('goal', name, 'a', async () => {
        vi.advanceTimersByTime(ms)
        return { version: 1, text: name, readers: ['a'] }
      })
      await cache.readList({ groups: ['goals:user:a'], variant: name, holder: 'ada' }, async () => {
        vi.advanceTimersByTime(ms)
        return { text: name, tag: 't', next: null }
      })
      await cache.fillsDone()
    }
    await readBoth('slow', 5_001)
    expect(cache.counters).toMatchObject({ late: 2, fills: 0 })
    await readBoth('in time', 5_000)
    expect(cache.counters).toMatchObject({ late: 2, fills: 2 })
    const fresher = { version: 2, text: 'loaded again', readers: ['a'] }
    expect(await cache.readEntity('goal', 'slow', 'a', async () => fresher)).toEqual(fresher)
    expect(await cache.readEntity('goal', 'in time', 'a', mustNotLoad)).toMatchObject({ text: 'in time' })
  })

  test('the registry returns the counters and states of the cache when it is scraped', async () => {
    const { url, prefix } = fresh()
    const redis = connectCache(url, () => undefined)
    await new Promise((ready) => redis.once('ready', ready))
    const registry = createRegistry()
    const cache = createCache({ redis, prefix, registry, log: silentLog })
    onTestFinished(async () => {
      await cache.close()
      redis.disconnect()
    })
    // The second miss fills.
    for (let i = 0; i < 2; i++)
      await cache.readEntity('goal', 'g', 'a', async () => ({ version: 2, text: '', readers: ['a'] }))
    await until(async () => (await cache.getStats()).fills === 1)
    await cache.readEntity('goal', 'g', 'a', mustNotLoad)
    await cache.invalidate({ entities: [{ kind: 'goal', id: 'g', version: 3 }] })
    const lines = (await registry.metrics()).split('\n')
    for (const line of [
      'gt_cache_reads_total{outcome="hit"} 1',
      'gt_cache_reads_total{outcome="miss"} 2',
      'gt_cache_fills_total{outcome="stored"} 1',
      'gt_cache_fills_total{outcome="refused"} 0',
      'gt_cache_invalidations_total{outcome="reached"} 1',
      'gt_cache_distrust_swaps_total 0',
      'gt_cache_trusted 1',
      'gt_cache_missed_keys 0',
      'gt_cache_breaker_state 0',
    ])
      expect(lines).toContain(line)
  })
})
