import type { Registry } from '@goals-tasks/observability'
import type { Logger } from 'pino'
import { createInvalidation, type Invalidation } from './invalidation.ts'
import { generationKey } from './layout.ts'
import { createBatchedReads } from './reads/batched-reads.ts'
import { createEntries } from './reads/entries.ts'
import { createFlights } from './reads/in-flight-loads.ts'
import { createLists } from './reads/lists.ts'
import { createVersionedReads } from './reads/versioned-reads.ts'
import { createTrust } from './redis/bypass.ts'
import { type CacheRedis, watchConnection } from './redis/connect.ts'
import { createGeneration } from './redis/generation.ts'
import { createGuard } from './redis/guard.ts'
import { createMarks } from './redis/lease-tokens.ts'
import { createTally, registerTally } from './stats/counters.ts'
import { createValues } from './values/values.ts'

export type CacheOptions = {
  redis: CacheRedis
  prefix: string
  log: Pick<Logger, 'info' | 'warn'>
  registry?: Registry
}

const usual = {
  /** How long a request waits for Redis, once to read and once to invalidate. */
  budgetMs: 50,
  /** How long Redis is left alone after a row of failures. */
  restMs: 1_000,
  swapEveryMs: 1_000,
  maxFlights: 256,
}

/** Beyond it, to name each entity takes Redis longer than the budget: the global generation says it in one command. */
const maxTombstones = 1_000

export type Parts = ReturnType<typeof createParts>

/** What a cache is made of. Tests replace parts to see that each one matters. */
export function createParts({ redis, prefix, log }: CacheOptions, limits = usual) {
  const newMark = createMarks()
  const tally = createTally()
  const guard = createGuard(limits)
  const generation = createGeneration({
    redis,
    key: `${prefix}:${generationKey}`,
    newMark,
    swapEveryMs: limits.swapEveryMs,
  })
  return {
    tally,
    guard,
    generation,
    entries: createEntries({ redis, prefix, newMark }),
    lists: createLists({ redis, prefix, newMark }),
    flights: createFlights(limits.maxFlights),
    read: createBatchedReads(redis, generation.key, guard),
    invalidation: createInvalidation({ redis, prefix }),
    trust: createTrust(generation, log, () => {
      tally.swaps++
    }),
  }
}

export function composeCache({ redis, prefix, registry }: CacheOptions, parts: Parts) {
  const { tally, guard, trust, invalidation, generation } = parts
  const unwatch = watchConnection(redis, () => trust.distrust('the connection to Redis was lost'))
  if (registry) registerTally(registry, tally, { breaker: guard.state, trusted: trust.isTrusted })

  async function invalidate(change: Invalidation): Promise<boolean> {
    try {
      const isVast = (change.entities?.length ?? 0) > maxTombstones
      await guard.run(() => (isVast ? generation.renew() : invalidation(change)))
      tally.invalidations++
      return true
    } catch (error) {
      tally.invalidationsMissed++
      trust.distrust(error instanceof Error ? error.message : String(error))
      return false
    }
  }

  return {
    ...createVersionedReads(parts),
    invalidate,
    ...createValues({ redis, prefix, guard, tally, trust, generation, invalidate }),
    /** What is still to be stored then is not. */
    async close(): Promise<void> {
      unwatch()
      await trust.close()
    },
  }
}
