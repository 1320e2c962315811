import { Cluster, type Result } from 'ioredis'
import type { CacheRedis } from '../redis/connect.ts'
import type { Guard } from '../redis/guard.ts'
import { atEndOfTurnOf } from '../redis/one-write.ts'
import { createTurnBatches } from '../turn-batches.ts'
import { bucketScript, type RateDecision, type RatePolicy, redisClock, spansOf, takeFromBucket } from './gcra.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** Takes the number of keys, the keys, and for each key the spans of the bucket and of the cost, and how often. */
    takeFromBuckets(keyCount: number, ...args: (string | number)[]): Result<number[], Context>
  }
}

/** A request for a part of the bucket at `key`. */
export type Take = { key: string; policy: RatePolicy; cost: number }

/** Equal requests that follow each other at their bucket. */
type Step = Take & { times: number }

type Batch = { steps: Step[]; lastStepOf: Map<string, number> }

/**
 * Returns a function that takes from a bucket in Redis, on the clock of Redis. Calls of one turn of the event loop
 * share one command, which executes them in their order; equal ones of a bucket are one step of it. It leaves in the
 * same write as the reads of the cache. On a cluster each step is a command of its own, because the keys lie on
 * different nodes. The function rejects when Redis does not answer in time.
 */
export function createBatchedBuckets(redis: CacheRedis, guard: Guard): (take: Take) => Promise<RateDecision> {
  redis.defineCommand('takeFromBuckets', { lua: bucketScript(redisClock) })
  const send = async (steps: Step[]): Promise<RateDecision[][]> =>
    redis instanceof Cluster ? (await Promise.all(steps.map((step) => execute([step])))).flat() : execute(steps)

  async function execute(steps: readonly Step[]): Promise<RateDecision[][]> {
    const args = steps.flatMap(({ policy, cost, times }) => {
      const { bucket, taken } = spansOf(policy, cost)
      return [bucket, taken, times]
    })
    const untilFull = await redis.takeFromBuckets(steps.length, ...steps.map(({ key }) => key), ...args)
    return steps.map((step, i) => decisionsOf(step, Number(untilFull[i])))
  }

  const batches = createTurnBatches(
    (): Batch => ({ steps: [], lastStepOf: new Map() }),
    ({ steps }) => guard.run(() => send(steps)),
    atEndOfTurnOf(redis),
  )

  return (take) => {
    const { batch, sent } = batches.open()
    const { step, place } = join(batch, take)
    return sent.then((all) => {
      const decision = all[step]?.[place]
      if (!decision) throw new Error('Redis answered fewer requests than were sent')
      return decision
    })
  }
}

/** Adds a call to the last step of its bucket when it is equal to it, else as a step of its own. */
function join({ steps, lastStepOf }: Batch, take: Take): { step: number; place: number } {
  const last = lastStepOf.get(take.key)
  const equal = last === undefined ? undefined : steps[last]
  if (last !== undefined && equal?.cost === take.cost && equal.policy === take.policy)
    return { step: last, place: equal.times++ }
  lastStepOf.set(take.key, steps.length)
  return { step: steps.push({ ...take, times: 1 }) - 1, place: 0 }
}

/** Returns the decisions of a step that began when its bucket was `untilFull` from full, as the script made them. */
function decisionsOf({ policy, cost, times }: Step, untilFull: number): RateDecision[] {
  let fullAt = untilFull
  return Array.from({ length: times }, () => {
    const taken = takeFromBucket(policy, { fullAt, now: 0, cost })
    fullAt = taken.fullAt
    return taken.decision
  })
}
