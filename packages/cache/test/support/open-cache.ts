import { setImmediate as turn } from 'node:timers/promises'
import { cleanUp } from '@goals-tasks/devstack/testing'
import { composeCache, createParts, type Parts } from '../../src/compose.ts'
import { connectCache } from '../../src/redis/connect.ts'

type Adjust = (parts: Parts, at: { redis: ReturnType<typeof connectCache>; prefix: string }) => Partial<Parts>

const quiet = { info: () => undefined, warn: () => undefined }

/** No longer than a test that hangs Redis likes to wait. */
export const shortly = { budgetMs: 50, restMs: 50, swapEveryMs: 0, maxFlights: 256 }
/** Enough for the busiest machine, where Redis is not in question. */
export const patiently = { ...shortly, budgetMs: 10_000 }

/** A cache as one process has it, on a connection of its own; `adjust` replaces parts of it. It goes with the test, or with the file. */
export async function openCache(
  { url, prefix }: { url: string; prefix: string },
  { adjust, limits = patiently }: { adjust?: Adjust | undefined; limits?: typeof shortly } = {},
) {
  const redis = connectCache(url, () => undefined)
  await new Promise((ready) => redis.once('ready', ready))
  const options = { redis, prefix, log: quiet }
  const parts = createParts(options, limits)
  const changed = { ...parts, ...adjust?.(parts, options) }
  const cache = composeCache(options, changed)
  const close = async () => {
    await cache.close()
    redis.disconnect()
  }
  cleanUp(close)
  return {
    ...cache,
    redis,
    parts: changed,
    isTrusted: changed.trust.isTrusted,
    settled: changed.flights.settled,
    close,
  }
}

export type OpenCache = Awaited<ReturnType<typeof openCache>>

/** Starts a read, and resolves when it has looked into Redis: it is answered, or has joined a load, or begins its own. */
export async function begin<T>(
  { parts: { tally } }: OpenCache,
  read: () => Promise<T>,
): Promise<{ result: Promise<T> }> {
  const begun = () => tally.hits + tally.misses + tally.bypassed
  const before = begun()
  const result = read()
  while (begun() === before) await turn()
  return { result }
}
