import { Cluster } from 'ioredis'
import type { CacheRedis } from '../redis/connect.ts'
import type { Guard } from '../redis/guard.ts'

type Values = readonly (string | null)[]
type Batch = { positions: Map<string, number>; values: Promise<Values> }

/** Returns the global generation, followed by the values of `keys`. */
export type ReadKeys = (keys: readonly string[]) => Promise<Values>

/**
 * Batches reads: those that begin in the same turn of the event loop share one command, which also reads the global
 * generation. A batch is closed before it is sent, so that a later read never gets an earlier value.
 */
export function createBatchedReads(redis: CacheRedis, generationKey: string, guard: Guard): ReadKeys {
  let open: Batch | undefined

  function begin(): Batch {
    const positions = new Map([[generationKey, 0]])
    const values = new Promise<Values>((resolve, reject) => {
      setImmediate(() => {
        open = undefined
        guard.run(() => fetch([...positions.keys()])).then(resolve, reject)
      })
    })
    return { positions, values }
  }

  const fetch = (keys: string[]): Promise<Values> =>
    redis instanceof Cluster ? Promise.all(keys.map((key) => redis.get(key))) : redis.mget(keys)

  return async (keys) => {
    open ??= begin()
    const { positions, values } = open
    const ownPositions = keys.map((key) => {
      const position = positions.get(key) ?? positions.size
      positions.set(key, position)
      return position
    })
    const all = await values
    return [all[0] ?? null, ...ownPositions.map((position) => all[position] ?? null)]
  }
}
