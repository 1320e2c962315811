import type { Invalidation } from '../invalidation.ts'
import { generationKey, groupOfPattern, isVersioned, jittered, lifetimesMs } from '../layout.ts'
import type { Trust } from '../redis/bypass.ts'
import type { CacheRedis } from '../redis/connect.ts'
import type { Generation } from '../redis/generation.ts'
import type { Guard } from '../redis/guard.ts'
import { askRedis, type RedisFigures, sumFigures } from '../redis/redis-figures.ts'
import type { Tally } from '../stats/counters.ts'
import { unlinkBelow } from './unlink-below.ts'

export type CacheStats = Tally & { redis: RedisFigures | null }
export type CacheHealth = {
  state: 'up' | 'down'
  roundTripMs: number | null
  breaker: ReturnType<Guard['state']>
  /** Whether the cache is used at all at the moment. */
  trusted: boolean
}

type Options = {
  redis: CacheRedis
  prefix: string
  guard: Guard
  tally: Tally
  trust: Pick<Trust, 'isTrusted' | 'distrust'>
  generation: Pick<Generation, 'renew'>
  invalidate: (change: Invalidation) => Promise<boolean>
}

/**
 * Plain values, as JSON, below the cache's prefix. They end by their time to live or by being deleted; nothing here knows
 * when they are out of date. Without Redis nothing throws: reads find nothing, writes do nothing.
 * Every call throws a TypeError for a key of an entity or a list: those have versions, and calls of their own.
 */
export function createValues({ redis, prefix, guard, tally, trust, generation, invalidate }: Options) {
  async function orElse<T>(otherwise: T, work: () => Promise<T>): Promise<T> {
    try {
      return await guard.run(work)
    } catch {
      return otherwise
    }
  }

  function plainKey(key: string): string {
    if (isVersioned(key)) throw new TypeError(`${key} belongs to an entity or a list: use the versioned calls`)
    return `${prefix}:${key}`
  }

  async function get<T>(key: string): Promise<T | null> {
    const at = plainKey(key)
    const stored = await orElse(null, () => redis.get(at))
    if (stored === null) return null
    try {
      return JSON.parse(stored) as T
    } catch {
      // Not written by us: as good as nothing.
      return null
    }
  }

  async function set(key: string, value: unknown, ttlSeconds?: number): Promise<void> {
    const at = plainKey(key)
    const json = JSON.stringify(value)
    if (json === undefined) throw new TypeError(`${key}: a ${typeof value} is no JSON`)
    const ttlMs = ttlSeconds === undefined ? jittered(lifetimesMs.value) : Math.ceil(ttlSeconds * 1_000)
    await orElse(null, () => redis.set(at, json, 'PX', ttlMs))
  }

  return {
    /** The value, or null when there is none or Redis is away. */
    get,
    /** Stores anything that JSON can hold, for an hour (give or take ten per cent) or for `ttlSeconds` exactly. */
    set,
    /** @returns whether there was one */
    async del(key: string): Promise<boolean> {
      const at = plainKey(key)
      return (await orElse(0, () => redis.unlink(at))) > 0
    },
    /**
     * Removes the plain values whose key matches a Redis glob pattern. It walks through all keys: for operators, not for
     * requests. The pattern of a whole group of lists (`goals:user:<id>*`) drops that group instead, in one command.
     * @returns how many values or groups were dropped
     */
    async delPattern(pattern: string): Promise<number> {
      const group = groupOfPattern(pattern)
      if (group) return (await invalidate({ groups: [group] })) ? 1 : 0
      plainKey(pattern)
      return unlinkBelow(redis, prefix, pattern, isVersioned).catch(() => 0)
    },
    async exists(key: string): Promise<boolean> {
      const at = plainKey(key)
      return (await orElse(0, () => redis.exists(at))) > 0
    },
    /** The stored value, else what `load` gives, which is stored unless it is null or undefined. Throws what `load` throws. */
    async getOrSet<T>(key: string, load: () => Promise<T>, ttlSeconds?: number): Promise<T> {
      const stored = await get<T>(key)
      if (stored !== null) return stored
      const loaded = await load()
      if (loaded !== null && loaded !== undefined) await set(key, loaded, ttlSeconds)
      return loaded
    },
    /**
     * Adds to an integer, which starts at 0 and then lives for an hour; one that exists keeps its time to live.
     * @returns the sum, or null when Redis is away or the value is no integer
     */
    async increment(key: string, amount = 1): Promise<number | null> {
      const at = plainKey(key)
      return orElse<number | null>(null, async () => {
        const [, sum] = await Promise.all([
          redis.set(at, 0, 'PX', jittered(lifetimesMs.value), 'NX'),
          redis.incrby(at, amount),
        ])
        return sum
      })
    },
    /** Gives a value another time to live. @returns whether there is one */
    async expire(key: string, ttlSeconds: number): Promise<boolean> {
      const at = plainKey(key)
      return (await orElse(0, () => redis.pexpire(at, Math.ceil(ttlSeconds * 1_000)))) > 0
    },
    /**
     * Empties the cache: entities and lists count for nothing at once, then everything below our prefix goes.
     * When Redis is away the first part is made up for as soon as it is back.
     * @returns how many keys went
     */
    async clear(): Promise<number> {
      try {
        await generation.renew()
        return await unlinkBelow(redis, prefix, '*', (key) => key === generationKey)
      } catch {
        trust.distrust('a clear did not reach Redis')
        return 0
      }
    },
    /** What this process' cache did, and figures of the whole Redis (null when it is away). */
    async getStats(): Promise<CacheStats> {
      const figures = await orElse(null, async () => sumFigures(await askRedis(redis)))
      return { ...tally, redis: figures }
    },
    async healthCheck(): Promise<CacheHealth> {
      const sentAt = performance.now()
      const roundTripMs = await orElse(null, async () => {
        await redis.ping()
        return performance.now() - sentAt
      })
      return {
        state: roundTripMs === null ? 'down' : 'up',
        roundTripMs,
        breaker: guard.state(),
        trusted: trust.isTrusted(),
      }
    },
  }
}
