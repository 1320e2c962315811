import { setImmediate as turn } from 'node:timers/promises'
import { cleanUp } from '@goals-tasks/devstack/testing'
import { composeCache, createParts, type Parts } from '../../src/compose.ts'
import { connectCache } from '../../src/redis/connect.ts'
import { createMissedKeys } from '../../src/redis/missed-keys.ts'
import { silentLog } from './silent-log.ts'
import { createStall } from './stall.ts'

/** Replaces parts of a cache. */
export type Mutate = (parts: Parts, at: { redis: ReturnType<typeof connectCache>; prefix: string }) => Partial<Parts>

/** Short limits, for tests in which Redis hangs. */
export const shortLimits = { budgetMs: 50, breakerOpenMs: 50, bumpIntervalMs: 0, maxInFlightLoads: 256 }
/** A budget that suffices on the busiest machine, for tests in which Redis answers. */
export const patientLimits = { ...shortLimits, budgetMs: 10_000 }

type Options = {
  mutate?: Mutate | undefined
  limits?: typeof shortLimits
  /** Whether the first miss of a key fills the cache, so that a test needs one read to fill. Default: true. */
  fillsFirstMisses?: boolean
}

/** Opens the cache of one process, on a connection of its own. The test or the file that opened it closes it. */
export async function openCache(
  { url, prefix }: { url: string; prefix: string },
  { mutate, limits = patientLimits, fillsFirstMisses = true }: Options = {},
) {
  const redis = connectCache(url, () => undefined)
  await new Promise((ready) => redis.once('ready', ready))
  const options = { redis, prefix, log: silentLog }
  const original = createParts(options, limits)
  const stall = createStall()
  const invalidation = stall.before(original.invalidation)
  const adapted = {
    ...original,
    invalidation,
    missedKeys: createMissedKeys(invalidation, original.bypass),
    recentMisses: fillsFirstMisses ? { repeats: () => true } : original.recentMisses,
  }
  const parts = { ...adapted, ...mutate?.(adapted, options) }
  const cache = composeCache(options, parts)
  const close = async () => {
    await cache.close()
    redis.disconnect()
  }
  cleanUp(close)
  return {
    ...cache,
    redis,
    parts,
    /** Invalidations, and their repetitions, get no reply during this stall. */
    stall,
    counters: parts.counters,
    isBypassed: parts.bypass.isActive,
    /** Returns whether every read of this process may use the cache. */
    isUsed: () => !parts.bypass.isActive() && parts.missedKeys.count() === 0,
    fillsDone: parts.inFlightLoads.fillsDone,
    close,
  }
}

export type OpenCache = Awaited<ReturnType<typeof openCache>>

/** Starts a read. Resolves once the read has found a value in Redis, joined a load or begun its own. */
export async function begin<T>({ counters }: OpenCache, read: () => Promise<T>): Promise<{ result: Promise<T> }> {
  const begun = () => counters.hits + counters.misses + counters.bypassed
  const before = begun()
  const result = read()
  while (begun() === before) await turn()
  return { result }
}
