/**
 * The generic cell rate algorithm: a bucket of `quota` that refills evenly over `windowMs`. Its whole state is one
 * instant, at which the bucket will be full again. Instants and spans are whole microseconds of one clock.
 */

/** A quota per window. `name` is the name of the policy in headers and problems. */
export type RatePolicy = { name: string; quota: number; windowMs: number }

/** `remaining` is the rest of the quota, `resetMs` the time until it is full, `retryAfterMs` 0 when admitted. */
export type RateDecision = { isAdmitted: boolean; remaining: number; resetMs: number; retryAfterMs: number }

/** The span of a whole bucket, and the one by which a cost delays its filling. A cost above the quota counts as it. */
export function spansOf({ quota, windowMs }: RatePolicy, cost: number) {
  const unit = Math.ceil((windowMs * 1_000) / quota)
  return { unit, bucket: unit * quota, taken: unit * Math.min(cost, quota) }
}

/** Returns the decision for a bucket that is full in `untilFull` after the request, or that lacks `excess` for it. */
export function toDecision(policy: RatePolicy, untilFull: number, excess: number): RateDecision {
  const { unit, bucket } = spansOf(policy, 1)
  return {
    isAdmitted: excess <= 0,
    remaining: Math.max(0, Math.floor((bucket - untilFull) / unit)),
    resetMs: untilFull / 1_000,
    retryAfterMs: Math.max(0, excess) / 1_000,
  }
}

/** Takes `cost` from a bucket that is full at `fullAt`. A refused request takes nothing. */
export function takeFromBucket(policy: RatePolicy, bucket: { fullAt: number; now: number; cost: number }) {
  const { now, cost } = bucket
  const spans = spansOf(policy, cost)
  const before = Math.max(bucket.fullAt, now)
  const after = before + spans.taken
  const excess = after - spans.bucket - now
  const fullAt = excess <= 0 ? after : before
  return { fullAt, decision: toDecision(policy, fullAt - now, excess) }
}

/**
 * Returns the script that executes `takeFromBucket` on many buckets, one after the other. `now` is a Lua expression.
 * `ARGV` has for each key the spans of the bucket and of the cost, and how often the cost is taken. A bucket that
 * refuses a cost refuses it again, so it admits as many as have room. The reply has for each key the time until its
 * bucket was full before. Redis forgets a bucket when it is full.
 */
export const bucketScript = (now: string) => `
local now = ${now}
local reply = {}
for i, key in ipairs(KEYS) do
  local bucket, taken, times = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local before = math.max(tonumber(redis.call('GET', key) or 0), now)
  local admitted = math.min(times, math.floor((bucket + now - before) / taken))
  if admitted > 0 then
    local fullAt = before + admitted * taken
    redis.call('SET', key, string.format('%.0f', fullAt), 'PX', math.ceil((fullAt - now) / 1000))
  end
  reply[i] = before - now
end
return reply`

/** The clock of Redis in microseconds. */
export const redisClock = `(function() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end)()`
