import { until } from '@goals-tasks/devstack/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onEachDeployment } from './support/deployments.ts'
import { openCache, shortLimits } from './support/open-cache.ts'

onEachDeployment(({ servers, fresh }) => {
  const open = async () => {
    const at = fresh()
    const cache = await openCache(at)
    return { cache, redis: cache.redis, prefix: at.prefix }
  }

  describe('Redis up', () => {
    test('get returns the value, or null when set has stored none', async () => {
      const { cache } = await open()
      await cache.set('person', { name: 'Ada', tags: ['x'], none: null })
      expect(await cache.get('person')).toEqual({ name: 'Ada', tags: ['x'], none: null })
      expect(await cache.get('missing')).toBeNull()
    })

    test('set keeps a value for about an hour, or exactly for the lifetime when it gets one', async () => {
      const { cache, redis, prefix } = await open()
      await cache.set('default', 1)
      await cache.set('short', 1, 60)
      const defaultMs = await redis.pttl(`${prefix}:default`)
      expect(defaultMs).toBeGreaterThan(53 * 60_000)
      expect(defaultMs).toBeLessThanOrEqual(66 * 60_000)
      const shortMs = await redis.pttl(`${prefix}:short`)
      expect(shortMs).toBeGreaterThan(50_000)
      expect(shortMs).toBeLessThanOrEqual(60_000)
      await expect(cache.set('nothing', undefined)).rejects.toThrow('Cannot store nothing: JSON has no undefined.')
    })

    test('del removes a value and returns whether there was one when it is called twice', async () => {
      const { cache } = await open()
      await cache.set('a', 1)
      expect(await cache.del('a')).toBe(true)
      expect(await cache.del('a')).toBe(false)
      expect(await cache.get('a')).toBeNull()
    })

    test('delPattern removes only plain values below the prefix when other keys match the pattern', async () => {
      const { cache, redis, prefix } = await open()
      for (const key of ['report:1', 'report:2', 'other']) await cache.set(key, key)
      await cache.readEntity('goal', '1', 'ada', async () => ({ version: 1, text: '{}', readers: ['ada'] }))
      await cache.fillsDone()
      const foreign = [`bull:${prefix}:wait`, `${prefix}x:report:1`]
      for (const key of foreign) await redis.set(key, 'job')
      expect(await cache.delPattern('report:*')).toBe(2)
      expect(await cache.get('other')).toBe('other')
      // An entity is never a plain value, even when the pattern matches its key.
      expect(await cache.delPattern('*')).toBe(1)
      for (const key of [`${prefix}:goal:1`, ...foreign]) expect(await redis.exists(key)).toBe(1)
    })

    test('delPattern invalidates a list group when the pattern covers the whole group', async () => {
      const { cache } = await open()
      const read = (text: string) =>
        cache.readList({ groups: ['goals:user:ada'], variant: 'all', holder: 'ada' }, async () => ({
          text,
          tag: text,
          next: null,
        }))
      await read('old')
      await cache.fillsDone()
      expect((await read('new')).text).toBe('old')
      expect(await cache.delPattern('goals:user:ada*')).toBe(1)
      expect((await read('new')).text).toBe('new')
    })

    test('exists returns true only when the key has a value', async () => {
      const { cache } = await open()
      await cache.set('a', false)
      expect(await cache.exists('a')).toBe(true)
      expect(await cache.exists('b')).toBe(false)
    })

    test('getOrSet loads once, stores no null and throws the error when the load fails', async () => {
      const { cache } = await open()
      let loads = 0
      const load = async () => ++loads
      expect([await cache.getOrSet('n', load), await cache.getOrSet('n', load)]).toEqual([1, 1])
      expect(await cache.getOrSet('nothing', async () => null)).toBeNull()
      expect(await cache.exists('nothing')).toBe(false)
      const failing = () => Promise.reject(new Error('no database'))
      await expect(cache.getOrSet('broken', failing)).rejects.toThrow('no database')
    })

    test('increment adds and keeps the time to live when the value exists', async () => {
      const { cache, redis, prefix } = await open()
      expect(await cache.increment('visits')).toBe(1)
      expect(await redis.pttl(`${prefix}:visits`)).toBeGreaterThan(0)
      await cache.expire('visits', 100)
      expect(await cache.increment('visits', 41)).toBe(42)
      expect(await redis.ttl(`${prefix}:visits`)).toBeLessThanOrEqual(100)
      expect(await cache.get('visits')).toBe(42)
      await cache.set('word', 'x')
      expect(await cache.increment('word')).toBeNull()
    })

    test('expire sets the time to live when there is a value', async () => {
      const { cache, redis, prefix } = await open()
      await cache.set('a', 1)
      expect(await cache.expire('a', 5)).toBe(true)
      expect(await redis.pttl(`${prefix}:a`)).toBeLessThanOrEqual(5_000)
      expect(await cache.expire('b', 5)).toBe(false)
    })

    test('clear empties the cache and keeps foreign keys when it shares its Redis', async () => {
      const { cache, redis, prefix } = await open()
      await cache.set('a', 1)
      const read = (version: number) =>
        cache.readEntity('goal', '1', 'ada', async () => ({ version, text: '{}', readers: ['ada'] }))
      await read(1)
      await cache.fillsDone()
      await redis.set(`bull:${prefix}:wait`, 'job')
      expect(await cache.clear()).toBe(2)
      expect(await cache.get('a')).toBeNull()
      expect((await read(2))?.version).toBe(2)
      expect(await redis.exists(`bull:${prefix}:wait`)).toBe(1)
    })

    test('getStats returns the counters of the process and the figures of Redis when Redis is up', async () => {
      const { cache } = await open()
      const read = () =>
        cache.readEntity('goal', '1', 'ada', async () => ({ version: 1, text: '{}', readers: ['ada'] }))
      await read()
      await cache.fillsDone()
      await read()
      expect(await cache.getStats()).toMatchObject({
        hits: 1,
        misses: 1,
        fills: 1,
        refused: 0,
        redis: { usedMemoryBytes: expect.any(Number), keyspaceHits: expect.any(Number) },
      })
    })

    test('healthCheck returns the state and the round trip time when Redis is up', async () => {
      const { cache } = await open()
      const expected = { state: 'up', roundTripMs: expect.any(Number), breaker: 'closed', trusted: true }
      expect(await cache.healthCheck()).toEqual(expected)
    })

    test('values are found, matched, counted and cleared when they lie on different nodes', async () => {
      const cache = await openCache(fresh())
      for (let i = 0; i < 60; i++) await cache.set(`${i < 30 ? 'x' : 'y'}:${i}`, i)
      expect(await cache.get('x:7')).toBe(7)
      expect(await cache.delPattern('x:*')).toBe(30)
      expect(await cache.increment('n', 2)).toBe(2)
      expect(await cache.getStats()).toMatchObject({ redis: { usedMemoryBytes: expect.any(Number) } })
      expect(await cache.clear()).toBe(31)
      expect(await cache.get('y:40')).toBeNull()
      expect(await cache.healthCheck()).toMatchObject({ state: 'up', trusted: true })
    })

    test('a call for plain values throws a TypeError when the key belongs to an entity or a list', async () => {
      const { cache } = await open()
      for (const key of ['goal:1', 'task:1', 'goals:user:ada', 'tasks:goal:1', 'tasks:user:ada', 'generation']) {
        const calls = [
          cache.get(key),
          cache.set(key, 1),
          cache.del(key),
          cache.exists(key),
          cache.getOrSet(key, async () => 1),
          cache.increment(key),
          cache.expire(key, 1),
        ]
        for (const call of calls) await expect(call).rejects.toThrow(TypeError)
      }
      for (const pattern of ['goal:*', 'task:[ab]', 'goals:*'])
        await expect(cache.delPattern(pattern)).rejects.toThrow(TypeError)
    })
  })

  describe.for(['hung', 'down'] as const)('Redis %s', (state) => {
    let cache: Awaited<ReturnType<typeof openCache>>
    beforeAll(async () => {
      cache = await openCache(fresh(), { limits: shortLimits })
      await cache.set('a', 1)
      if (state === 'hung') return servers().pause()
      await Promise.all(servers().nodes.map((node) => node.kill()))
      await until(() => cache.redis.status !== 'ready')
    })
    afterAll(() => servers().resume())

    // This test comes first: the breaker is still closed, so Redis is called.
    test(`getStats returns only its own counters when Redis is ${state}`, async () =>
      expect(await cache.getStats()).toMatchObject({ hits: 0, redis: null }))
    test(`get returns null when Redis is ${state}`, async () => expect(await cache.get('a')).toBeNull())
    test(`set returns without an error when Redis is ${state}`, async () =>
      expect(await cache.set('a', 2)).toBeUndefined())
    test(`del returns false when Redis is ${state}`, async () => expect(await cache.del('a')).toBe(false))
    test(`delPattern returns 0 when Redis is ${state}`, async () => expect(await cache.delPattern('a*')).toBe(0))
    test(`delPattern of a group stops reads of that group from the cache when Redis is ${state}`, async () => {
      expect(await cache.delPattern('goals:user:ada*')).toBe(0)
      expect(cache.isBypassed() || cache.parts.missedKeys.hasGroup(['goals:user:ada'])).toBe(true)
    })
    test(`exists returns false when Redis is ${state}`, async () => expect(await cache.exists('a')).toBe(false))
    test(`getOrSet loads when Redis is ${state}`, async () => expect(await cache.getOrSet('a', async () => 3)).toBe(3))
    test(`increment returns null when Redis is ${state}`, async () => expect(await cache.increment('n')).toBeNull())
    test(`expire returns false when Redis is ${state}`, async () => expect(await cache.expire('a', 1)).toBe(false))
    test(`clear starts a bypass when Redis is ${state}`, async () => {
      expect(await cache.clear()).toBe(0)
      expect(cache.isBypassed()).toBe(true)
    })
    test(`healthCheck returns down when Redis is ${state}`, async () =>
      expect(await cache.healthCheck()).toMatchObject({ state: 'down', roundTripMs: null }))
  })
})
