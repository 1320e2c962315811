import { expect } from 'vitest'
import { openWebhook } from '../src/webhooks/open-webhook.ts'
import { type AttemptCounts, type HealthLimits, recordHealth } from '../src/webhooks/record-health.ts'
import { test as base } from './support/database-test.ts'
import { insertWebhook } from './support/webhooks.ts'

const limits: HealthLimits = { suspendAfter: 3, probeWaitsMs: [60_000, 600_000], disableAfterMs: 3_600_000 }
const counts: AttemptCounts = { delivered: 0, failed: 0, isGone: false, isProbe: false, retryAfterMs: 0, error: null }

/** A webhook of a user, with the health after each report. */
const test = base.extend('webhook', async ({ pool }) => {
  const id = await insertWebhook(pool, {})
  return {
    id,
    report: (given: Partial<AttemptCounts>) => recordHealth(pool, id, { ...counts, ...given }, limits),
    /** Lets time pass since the first failure, and until the next probe. */
    age: (hours: number) =>
      pool.query(
        `update webhooks set failing_since = failing_since - make_interval(hours => $2),
           suspended_until = suspended_until - make_interval(hours => $2) where id = $1`,
        [id, hours],
      ),
  }
})

test('a webhook is degraded by a failure, suspended by several, and healthy after a success', async ({ webhook }) => {
  expect(await webhook.report({ failed: 1 })).toMatchObject({ before: 'healthy', after: 'degraded' })
  expect(await webhook.report({ failed: 1 })).toMatchObject({ after: 'degraded', suspendedForMs: 0 })
  const suspended = await webhook.report({ failed: 5 })
  expect(suspended).toMatchObject({ before: 'degraded', after: 'suspended' })
  expect(suspended?.suspendedForMs).toBeCloseTo(60_000, -4)
  expect(await webhook.report({ delivered: 1 })).toMatchObject({ before: 'suspended', after: 'healthy' })
})

test('a webhook stays degraded when one of its requests fails and others succeed', async ({ webhook }) => {
  for (let i = 0; i < 5; i++)
    expect(await webhook.report({ delivered: 1, failed: 9 })).toMatchObject({ after: 'degraded' })
})

test('only a failed probe makes the wait of a suspended webhook longer', async ({ pool, webhook }) => {
  await webhook.report({ failed: 3 })
  const stale = await webhook.report({ failed: 4 })
  expect(stale?.suspendedForMs).toBeLessThanOrEqual(60_000)
  const probed = await webhook.report({ failed: 1, isProbe: true })
  expect(probed).toMatchObject({ before: 'suspended', after: 'suspended' })
  expect(probed?.suspendedForMs).toBeGreaterThan(120_000)
  expect((await openWebhook(pool, webhook.id))?.isProbe).toBe(false)
})

test('a suspended webhook waits at least as long as its receiver asks', async ({ webhook }) => {
  const { suspendedForMs = 0 } = (await webhook.report({ failed: 3, retryAfterMs: 7_200_000 })) ?? {}
  expect(suspendedForMs).toBeGreaterThan(7_000_000)
})

test('one of several callers gets the probe when the time of a suspended webhook has come', async ({
  pool,
  webhook,
}) => {
  await webhook.report({ failed: 3 })
  expect(await openWebhook(pool, webhook.id)).toMatchObject({ health: 'suspended', isProbe: false })
  await webhook.age(1)
  const opened = await Promise.all(Array.from({ length: 5 }, () => openWebhook(pool, webhook.id)))
  expect(opened.filter((one) => one?.isProbe)).toHaveLength(1)
  for (const one of opened) expect(one?.suspendedForMs).toBeGreaterThan(0)
})

test('a webhook is disabled when its receiver is gone', async ({ pool, webhook }) => {
  expect(await webhook.report({ delivered: 2, failed: 1, isGone: true })).toMatchObject({ after: 'disabled' })
  expect(await openWebhook(pool, webhook.id)).toMatchObject({ health: 'disabled', disabledCause: 'gone' })
  expect(await webhook.report({ delivered: 1 })).toBeNull()
})

test('a webhook is disabled when it fails for too long', async ({ pool, webhook }) => {
  await webhook.report({ failed: 3 })
  await webhook.age(2)
  expect(await webhook.report({ failed: 1, isProbe: true })).toMatchObject({ after: 'disabled' })
  expect(await openWebhook(pool, webhook.id)).toMatchObject({ disabledCause: 'failing' })
})

test('the endpoint of the installation is suspended and never disabled', async ({ pool }) => {
  const id = await insertWebhook(pool, { ownerId: null })
  expect(await recordHealth(pool, id, { ...counts, failed: 3, isGone: true }, limits)).toMatchObject({
    after: 'suspended',
  })
})
