import type { Invalidation } from '../invalidation.ts'
import { generationKey, groupOfPattern, isVersioned, jittered, lifetimesMs } from '../layout.ts'
import type { Bypass } from '../redis/bypass.ts'
import type { CacheRedis } from '../redis/connect.ts'
import type { Generation } from '../redis/generation.ts'
import type { Guard } from '../redis/guard.ts'
import { unlinkBelow } from './unlink-below.ts'

type Options = {
  redis: CacheRedis
  prefix: string
  guard: Guard
  bypass: Pick<Bypass, 'start'>
  generation: Pick<Generation, 'bump'>
  invalidate: (change: Invalidation) => Promise<boolean>
}

/**
 * Creates the calls for plain values: JSON below the cache's prefix. A value lives until it expires or is deleted; the
 * cache does not know when it is out of date. No call throws when Redis is down: reads find nothing, writes do nothing.
 * Each call throws a TypeError for a key of an entity or a list, because those have versions and calls of their own.
 */
export function createValues({ redis, prefix, guard, bypass, generation, invalidate }: Options) {
  function plainKey(key: string): string {
    if (isVersioned(key))
      throw new TypeError(`${key} belongs to an entity or a list. Use readEntity, readList or invalidate.`)
    return `${prefix}:${key}`
  }

  async function get<T>(key: string): Promise<T | null> {
    const redisKey = plainKey(key)
    const stored = await guard.runOr(null, () => redis.get(redisKey))
    if (stored === null) return null
    try {
      return JSON.parse(stored) as T
    } catch {
      // This cache did not write the value: treat it as absent.
      return null
    }
  }

  async function set(key: string, value: unknown, ttlSeconds?: number): Promise<void> {
    const redisKey = plainKey(key)
    const json = JSON.stringify(value)
    if (json === undefined) throw new TypeError(`Cannot store ${key}: JSON has no ${typeof value}.`)
    const ttlMs = ttlSeconds === undefined ? jittered(lifetimesMs.value) : Math.ceil(ttlSeconds * 1_000)
    await guard.runOr(null, () => redis.set(redisKey, json, 'PX', ttlMs))
  }

  return {
    /** Returns the value, or null when there is none or Redis is down. */
    get,
    /** Stores any JSON value for `ttlSeconds` exactly, by default for an hour give or take ten per cent. */
    set,
    /** Deletes a value. Returns whether there was one. */
    async del(key: string): Promise<boolean> {
      const redisKey = plainKey(key)
      return (await guard.runOr(0, () => redis.unlink(redisKey))) > 0
    },
    /**
     * Deletes the plain values whose keys match a Redis glob pattern. It scans all keys: use it for operations, not in
     * requests. The pattern of a whole list group (`goals:user:<id>*`) invalidates that group instead, in one command.
     * Returns how many values or groups were deleted.
     */
    async delPattern(pattern: string): Promise<number> {
      const group = groupOfPattern(pattern)
      if (group) return (await invalidate({ groups: [group] })) ? 1 : 0
      plainKey(pattern)
      return unlinkBelow(redis, { prefix, pattern, isKept: isVersioned }).catch(() => 0)
    },
    async exists(key: string): Promise<boolean> {
      const redisKey = plainKey(key)
      return (await guard.runOr(0, () => redis.exists(redisKey))) > 0
    },
    /**
     * Returns the stored value. If there is none, returns what `load` returns and stores it unless it is null or
     * undefined. Throws what `load` throws.
     */
    async getOrSet<T>(key: string, load: () => Promise<T>, ttlSeconds?: number): Promise<T> {
      const stored = await get<T>(key)
      if (stored !== null) return stored
      const loaded = await load()
      if (loaded !== null && loaded !== undefined) await set(key, loaded, ttlSeconds)
      return loaded
    },
    /**
     * Adds to an integer. A new one starts at 0 and lives for an hour; an existing one keeps its time to live.
     * Returns the sum, or null when Redis is down or the value is not an integer.
     */
    async increment(key: string, amount = 1): Promise<number | null> {
      const redisKey = plainKey(key)
      return guard.runOr<number | null>(null, async () => {
        const [, sum] = await Promise.all([
          redis.set(redisKey, 0, 'PX', jittered(lifetimesMs.value), 'NX'),
          redis.incrby(redisKey, amount),
        ])
        return sum
      })
    },
    /** Sets the time to live of a value. Returns whether there is one. */
    async expire(key: string, ttlSeconds: number): Promise<boolean> {
      const redisKey = plainKey(key)
      return (await guard.runOr(0, () => redis.pexpire(redisKey, Math.ceil(ttlSeconds * 1_000)))) > 0
    },
    /**
     * Empties the cache: voids all entities and lists at once, then unlinks every key below the prefix except the
     * generation. When Redis is down, entities and lists are voided as soon as it is back.
     * Returns the number of unlinked keys.
     */
    async clear(): Promise<number> {
      try {
        await generation.bump()
        return await unlinkBelow(redis, { prefix, pattern: '*', isKept: (key) => key === generationKey })
      } catch {
        bypass.start('clear did not reach Redis')
        return 0
      }
    },
  }
}
