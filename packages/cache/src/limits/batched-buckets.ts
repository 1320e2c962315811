import { Cluster, type Result } from 'ioredis'
import type { CacheRedis } from '../redis/connect.ts'
import type { Guard } from '../redis/guard.ts'
import { bucketScript, type RateDecision, type RatePolicy, redisClock, spansOf, toDecision } from './gcra.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** Takes the number of keys, the keys, and the spans of the bucket and of the cost for each key. */
    takeFromBuckets(keyCount: number, ...args: (string | number)[]): Result<string[], Context>
  }
}

/** A request for a part of the bucket at `key`. */
export type Take = { key: string; policy: RatePolicy; cost: number }

type Batch = { takes: Take[]; decisions: Promise<RateDecision[]> }

/**
 * Returns a function that takes from a bucket in Redis, on the clock of Redis. Calls of one turn of the event loop
 * share one command, which executes them in their order. It leaves in the same turn as the reads of the cache. On a
 * cluster each call is a command of its own, because the keys lie on different nodes. The function rejects when Redis
 * does not answer in time.
 */
export function createBatchedBuckets(redis: CacheRedis, guard: Guard): (take: Take) => Promise<RateDecision> {
  redis.defineCommand('takeFromBuckets', { lua: bucketScript(redisClock) })
  let open: Batch | undefined

  function begin(): Batch {
    const takes: Take[] = []
    const decisions = new Promise<RateDecision[]>((resolve, reject) => {
      setImmediate(() => {
        open = undefined
        guard.run(() => send(takes)).then(resolve, reject)
      })
    })
    return { takes, decisions }
  }

  const send = async (takes: Take[]): Promise<RateDecision[]> =>
    redis instanceof Cluster ? (await Promise.all(takes.map((take) => execute([take])))).flat() : execute(takes)

  async function execute(takes: readonly Take[]): Promise<RateDecision[]> {
    const spans = takes.flatMap(({ policy, cost }) => {
      const { bucket, taken } = spansOf(policy, cost)
      return [bucket, taken]
    })
    const reply = await redis.takeFromBuckets(takes.length, ...takes.map(({ key }) => key), ...spans)
    return takes.map(({ policy }, i) => toDecision(policy, Number(reply[2 * i]), Number(reply[2 * i + 1])))
  }

  return async (take) => {
    open ??= begin()
    const { takes, decisions } = open
    const place = takes.push(take) - 1
    const decision = (await decisions)[place]
    if (!decision) throw new Error('Redis answered fewer requests than were sent')
    return decision
  }
}
