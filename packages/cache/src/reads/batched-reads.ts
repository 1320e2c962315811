import { Cluster } from 'ioredis'
import type { CacheRedis } from '../redis/connect.ts'
import type { Guard } from '../redis/guard.ts'

type Values = readonly (string | null)[]
type Batch = { positions: Map<string, number>; values: Promise<Values> }

/** Gives the values of `keys`, the global generation first. */
export type ReadKeys = (keys: readonly string[]) => Promise<Values>

/**
 * Reads that begin in the same turn of the event loop share one command, and one look at the global generation.
 * A batch is closed before it is sent: whoever comes later sees what Redis holds later.
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
    const mine = keys.map((key) => {
      const at = positions.get(key) ?? positions.size
      positions.set(key, at)
      return at
    })
    const all = await values
    return [all[0] ?? null, ...mine.map((at) => all[at] ?? null)]
  }
}
