import type { Registry } from '@goals-tasks/observability'
import type { Logger } from 'pino'
import { createBatchedReads } from './batched-reads.ts'
import { type CacheRedis, watchConnection } from './connect.ts'
import { createEntries } from './entries.ts'
import { createFlights } from './flights.ts'
import { createGeneration } from './generation.ts'
import { createGuard } from './guard.ts'
import { createInvalidation, type Invalidation } from './invalidation.ts'
import { generationKey } from './layout.ts'
import { createLists } from './lists.ts'
import { createMarks } from './marks.ts'
import { createTally, registerTally } from './tally.ts'
import { createTrust } from './trust.ts'
import { createValues } from './values.ts'
import { createVersionedReads } from './versioned-reads.ts'

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
