import { Counter, type Registry } from '@goals-tasks/observability'
import { LRUCache } from 'lru-cache'
import type { CacheRedis } from '../redis/connect.ts'
import { createGuard } from '../redis/guard.ts'
import { createBatchedBuckets } from './batched-buckets.ts'
import { type RateDecision, type RatePolicy, spansOf, takeFromBucket, toDecision } from './gcra.ts'

export type RateLimiter = ReturnType<typeof createRateLimiter>

const defaultLimits = { budgetMs: 50, breakerOpenMs: 1_000, maxLocalBuckets: 10_000 }

type Options = { redis: CacheRedis; prefix: string; registry?: Registry }

/**
 * Creates a rate limiter whose buckets all processes share in Redis. A process that gets no answer from Redis within 50
 * ms uses a bucket of its own, so N processes then admit up to N times the quota. It never throws.
 * `redis` comes from `connectCache`, and its buckets lie below `prefix`.
 *
 * A refused bucket stays refused until it has room. The process remembers that, and refuses without a command.
 */
export function createRateLimiter({ redis, prefix, registry }: Options, limits = defaultLimits) {
  const takeFromRedis = createBatchedBuckets(redis, createGuard(limits))
  const counters = { refused: new Map<string, number>(), local: 0 }
  if (registry) registerMetrics(registry, counters)
  // By bucket: when it is full again, in microseconds of the clock of this process. The oldest ones are forgotten.
  const localBuckets = new LRUCache<string, number>({ max: limits.maxLocalBuckets })
  const refusedBuckets = new LRUCache<string, number>({ max: limits.maxLocalBuckets })

  /** Returns the refusal by a bucket that has refused before and lacks room for this cost, too. */
  function refuseAgain(bucket: string, policy: RatePolicy, cost: number): RateDecision | undefined {
    const fullAt = refusedBuckets.get(bucket)
    if (fullAt === undefined) return undefined
    const untilFull = fullAt - nowInUs()
    const spans = spansOf(policy, cost)
    const decision = toDecision(policy, Math.max(0, untilFull), untilFull + spans.taken - spans.bucket)
    return decision.isAdmitted ? undefined : decision
  }

  function takeLocally(bucket: string, policy: RatePolicy, cost: number): RateDecision {
    counters.local++
    const taken = takeFromBucket(policy, { fullAt: localBuckets.get(bucket) ?? 0, now: nowInUs(), cost })
    localBuckets.set(bucket, taken.fullAt)
    return taken.decision
  }

  function decide(bucket: string, policy: RatePolicy, cost: number): Promise<RateDecision> {
    const sentAt = nowInUs()
    const record = (decision: RateDecision): RateDecision => {
      // The answer is older than now, so this instant is not too late.
      if (!decision.isAdmitted) refusedBuckets.set(bucket, sentAt + decision.resetMs * 1_000)
      return count(policy, decision)
    }
    return takeFromRedis({ key: `${prefix}:rate:${bucket}`, policy, cost }).then(record, () =>
      record(takeLocally(bucket, policy, cost)),
    )
  }

  const count = (policy: RatePolicy, decision: RateDecision): RateDecision => {
    if (!decision.isAdmitted) counters.refused.set(policy.name, (counters.refused.get(policy.name) ?? 0) + 1)
    return decision
  }

  return {
    /** Takes `cost` from the bucket of a sender. Returns without a promise when it is refused again. */
    take(sender: string, policy: RatePolicy, cost: number): RateDecision | Promise<RateDecision> {
      const bucket = `${policy.name}:${sender}`
      const refusal = refuseAgain(bucket, policy, cost)
      return refusal ? count(policy, refusal) : decide(bucket, policy, cost)
    },
    counters,
  }
}

type Counters = { refused: ReadonlyMap<string, number>; local: number }

/** Registers the metrics of one limiter. Each scrape copies the current values of the counters. */
function registerMetrics(registry: Registry, counters: Counters): void {
  new Counter({
    name: 'gt_rate_limit_refusals_total',
    help: 'requests above the rate limit',
    labelNames: ['policy'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [policy, count] of counters.refused) this.inc({ policy }, count)
    },
  })
  new Counter({
    name: 'gt_rate_limit_local_total',
    help: 'requests that were counted by this process alone, because Redis did not answer',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(counters.local)
    },
  })
}

const nowInUs = () => Math.round(performance.now() * 1_000)
