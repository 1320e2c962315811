import type { Registry } from '@goals-tasks/observability'
import type { Logger } from 'pino'
import { createBatchedInvalidations } from './batched-invalidations.ts'
import { createInvalidation, type Invalidation } from './invalidation.ts'
import { generationKey } from './layout.ts'
import { createBatchedReads } from './reads/batched-reads.ts'
import { createEntries } from './reads/entries.ts'
import { createInFlightLoads } from './reads/in-flight-loads.ts'
import { createLists } from './reads/lists.ts'
import { createRecentMisses } from './reads/recent-misses.ts'
import { createVersionedReads } from './reads/versioned-reads.ts'
import { createBypass } from './redis/bypass.ts'
import type { CacheRedis } from './redis/connect.ts'
import { createGeneration } from './redis/generation.ts'
import { createGuard } from './redis/guard.ts'
import { createLeaseTokens } from './redis/lease-tokens.ts'
import { createMemory } from './redis/memory.ts'
import { createMissedKeys } from './redis/missed-keys.ts'
import { watchConnection } from './redis/watch-connection.ts'
import { createCounters } from './stats/counters.ts'
import { createInspection } from './stats/inspection.ts'
import { registerMetrics } from './stats/metrics.ts'
import { createValues } from './values/values.ts'

export type CacheOptions = {
  redis: CacheRedis
  prefix: string
  log: Pick<Logger, 'info' | 'warn'>
  registry?: Registry
}

const defaultLimits = {
  /** How long a request waits for Redis, once to read and once to invalidate. */
  budgetMs: 50,
  /** How long the breaker stays open after a row of failures. */
  breakerOpenMs: 1_000,
  /** Least time between two bumps of the global generation by processes that bypass the cache. */
  bumpIntervalMs: 1_000,
  maxInFlightLoads: 256,
}

/** A larger change bumps the generation instead: one tombstone per entity would take Redis longer than the budget. */
const maxTombstones = 1_000

export type Parts = ReturnType<typeof createParts>

/** Creates the parts of a cache. Tests replace single parts to prove that each one matters. */
export function createParts({ redis, prefix, log }: CacheOptions, limits = defaultLimits) {
  const newToken = createLeaseTokens()
  const counters = createCounters()
  const guard = createGuard(limits)
  const generation = createGeneration({
    redis,
    key: `${prefix}:${generationKey}`,
    newToken,
    bumpIntervalMs: limits.bumpIntervalMs,
  })
  const invalidation = createInvalidation({ redis, prefix })
  const bypass = createBypass(generation, log, () => {
    counters.swaps++
  })
  return {
    counters,
    guard,
    generation,
    entries: createEntries({ redis, prefix, newToken }),
    lists: createLists({ redis, prefix, newToken }),
    recentMisses: createRecentMisses(),
    inFlightLoads: createInFlightLoads(limits.maxInFlightLoads),
    memory: createMemory(redis, guard),
    readKeys: createBatchedReads(redis, generation.key, guard),
    invalidation,
    bypass,
    missedKeys: createMissedKeys(invalidation, bypass),
  }
}

export function composeCache({ redis, prefix, registry }: CacheOptions, parts: Parts) {
  const { counters, guard, bypass, missedKeys, invalidation, generation } = parts
  const unwatch = watchConnection(redis, () => bypass.start('the connection to Redis was lost'))
  if (registry)
    registerMetrics(registry, counters, { breaker: guard.state, isBypassed: bypass.isActive, missed: missedKeys.count })

  const send = createBatchedInvalidations((change) => {
    const isBulk = (change.entities?.length ?? 0) > maxTombstones
    return guard.run(() => (isBulk ? generation.bump() : invalidation(change)))
  })

  async function invalidate(change: Invalidation): Promise<boolean> {
    try {
      await send(change)
      counters.invalidations++
      return true
    } catch (error) {
      counters.invalidationsMissed++
      missedKeys.add(change, error instanceof Error ? error.message : String(error))
      return false
    }
  }

  return {
    ...createVersionedReads(parts),
    invalidate,
    ...createValues({ redis, prefix, guard, bypass, generation, invalidate }),
    ...createInspection({ redis, guard, counters, bypass }),
    /**
     * Voids every entity and list, for example when Postgres lacks changes that it had. This process bypasses the cache
     * until Redis has confirmed it. Throws when Redis does not confirm it now; the bypass then tries on.
     */
    async voidAll(reason: string): Promise<void> {
      bypass.start(reason)
      await generation.bump()
    },
    /** Ends the bypass and the repetitions. Fills that finish later are lost, because the caller disconnects Redis. */
    async close(): Promise<void> {
      unwatch()
      await missedKeys.close()
      await bypass.close()
    },
  }
}
