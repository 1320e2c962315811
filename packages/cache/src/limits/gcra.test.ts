import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spansOf, takeFromBucket } from './gcra.ts'

const policies = fc.record({
  name: fc.constant('user'),
  quota: fc.integer({ min: 1, max: 500 }),
  windowMs: fc.integer({ min: 1_000, max: 86_400_000 }),
})
const steps = fc.array(
  fc.record({ waitUs: fc.integer({ min: 0, max: 2_000_000 }), cost: fc.integer({ min: 1, max: 20 }) }),
  { maxLength: 100 },
)

/** A bucket that counts its content, in parts of a unit, as a textbook does. */
function createExactBucket(unit: number, quota: number) {
  let content = unit * quota
  return {
    wait: (us: number) => {
      content = Math.min(unit * quota, content + us)
    },
    take(cost: number) {
      const needed = unit * Math.min(cost, quota)
      const isAdmitted = content >= needed
      if (isAdmitted) content -= needed
      return { isAdmitted, remaining: Math.floor(content / unit), missing: isAdmitted ? 0 : needed - content }
    },
  }
}

test('a bucket admits exactly what a bucket admits that counts its content', () => {
  fc.assert(
    fc.property(policies, steps, (policy, all) => {
      const exact = createExactBucket(spansOf(policy, 1).unit, policy.quota)
      let [now, fullAt] = [1_800_000_000_000_000, 0]
      for (const { waitUs, cost } of all) {
        now += waitUs
        exact.wait(waitUs)
        const taken = takeFromBucket(policy, { fullAt, now, cost })
        fullAt = taken.fullAt
        const { isAdmitted, remaining, missing } = exact.take(cost)
        expect(taken.decision).toMatchObject({ isAdmitted, remaining, retryAfterMs: missing / 1_000 })
      }
    }),
  )
})

test('no window admits more than its quota and what has been refilled', () => {
  fc.assert(
    fc.property(policies, steps, (policy, all) => {
      const { unit, bucket } = spansOf(policy, 1)
      let [now, fullAt, admitted] = [0, 0, 0]
      for (const { waitUs, cost } of all) {
        now += waitUs
        const taken = takeFromBucket(policy, { fullAt, now, cost })
        fullAt = taken.fullAt
        if (taken.decision.isAdmitted) admitted += unit * Math.min(cost, policy.quota)
        expect(admitted).toBeLessThanOrEqual(bucket + now)
      }
    }),
  )
})

test('a refused request is admitted after its time to wait, and not before', () => {
  const policy = { name: 'user', quota: 10, windowMs: 10_000 }
  const empty = takeFromBucket(policy, { fullAt: 0, now: 1_000_000, cost: 10 })
  const at = (us: number) => takeFromBucket(policy, { fullAt: empty.fullAt, now: 1_000_000 + us, cost: 3 }).decision
  expect(at(0)).toEqual({ isAdmitted: false, remaining: 0, resetMs: 10_000, retryAfterMs: 3_000 })
  expect(at(2_999_999).isAdmitted).toBe(false)
  expect(at(3_000_000)).toEqual({ isAdmitted: true, remaining: 0, resetMs: 10_000, retryAfterMs: 0 })
})

test('a cost above the quota needs a full bucket', () => {
  const policy = { name: 'user', quota: 10, windowMs: 10_000 }
  const full = takeFromBucket(policy, { fullAt: 0, now: 0, cost: 200 })
  expect(full.decision).toMatchObject({ isAdmitted: true, remaining: 0 })
  expect(takeFromBucket(policy, { fullAt: full.fullAt, now: 9_999_999, cost: 200 }).decision.isAdmitted).toBe(false)
})
