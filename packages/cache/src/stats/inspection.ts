import type { Bypass } from '../redis/bypass.ts'
import type { CacheRedis } from '../redis/connect.ts'
import type { BreakerState, Guard } from '../redis/guard.ts'
import { type RedisFigures, readRedisFigures } from '../redis/redis-figures.ts'
import type { Counters } from './counters.ts'

export type CacheStats = Counters & { redis: RedisFigures | null }
export type CacheHealth = {
  state: 'up' | 'down'
  roundTripMs: number | null
  breaker: BreakerState
  /** False while this process bypasses the cache. */
  trusted: boolean
}

type Options = {
  redis: CacheRedis
  guard: Guard
  counters: Counters
  bypass: Pick<Bypass, 'isActive'>
}

/** Creates the calls that report on a cache. They do not throw when Redis is down. */
export function createInspection({ redis, guard, counters, bypass }: Options) {
  return {
    /** Returns the counters of this process and figures of the whole Redis, or null for the figures when it is down. */
    async getStats(): Promise<CacheStats> {
      return { ...counters, redis: await guard.runOr(null, () => readRedisFigures(redis)) }
    },
    async healthCheck(): Promise<CacheHealth> {
      const sentAt = performance.now()
      const roundTripMs = await guard.runOr(null, async () => {
        await redis.ping()
        return performance.now() - sentAt
      })
      return {
        state: roundTripMs === null ? 'down' : 'up',
        roundTripMs,
        breaker: guard.state(),
        trusted: !bypass.isActive(),
      }
    },
  }
}
