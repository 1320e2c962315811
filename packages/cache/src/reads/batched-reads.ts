import { Cluster } from 'ioredis'
import type { CacheRedis } from '../redis/connect.ts'
import type { Guard } from '../redis/guard.ts'
import { atEndOfTurnOf } from '../redis/one-write.ts'
import { createTurnBatches } from '../turn-batches.ts'

type Values = readonly (string | null)[]

/** Returns the global generation, followed by the values of `keys`. */
export type ReadKeys = (keys: readonly string[]) => Promise<Values>

/**
 * Batches reads: those that begin in the same turn of the event loop share one command, which also reads the global
 * generation. A batch is closed before it is sent, so that a later read never gets an earlier value.
 */
export function createBatchedReads(redis: CacheRedis, generationKey: string, guard: Guard): ReadKeys {
  const fetch = (keys: string[]): Promise<Values> =>
    redis instanceof Cluster ? Promise.all(keys.map((key) => redis.get(key))) : redis.mget(keys)
  const batches = createTurnBatches(
    () => new Map([[generationKey, 0]]),
    (positions) => guard.run(() => fetch([...positions.keys()])),
    atEndOfTurnOf(redis),
  )

  return async (keys) => {
    const { batch: positions, sent } = batches.open()
    const ownPositions = keys.map((key) => {
      const position = positions.get(key) ?? positions.size
      positions.set(key, position)
      return position
    })
    const all = await sent
    return [all[0] ?? null, ...ownPositions.map((position) => all[position] ?? null)]
  }
}
