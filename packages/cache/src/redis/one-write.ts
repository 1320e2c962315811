import { Cluster } from 'ioredis'
import type { CacheRedis } from './connect.ts'

const endingTurns = new Map<CacheRedis, (() => void)[]>()

/**
 * Returns a function that calls `work` at the end of this turn of the event loop. All commands that such calls send on
 * one connection leave in one write, whichever part of the cache they belong to. Redis then replies to them in one
 * write as well. A cluster has a connection per node, each of which writes on its own.
 */
export const atEndOfTurnOf =
  (redis: CacheRedis) =>
  (work: () => void): void => {
    const known = endingTurns.get(redis)
    if (known) return void known.push(work)
    const works = [work]
    endingTurns.set(redis, works)
    setImmediate(() => {
      endingTurns.delete(redis)
      const stream = redis instanceof Cluster ? undefined : redis.stream
      stream?.cork()
      for (const each of works) each()
      stream?.uncork()
    })
  }
