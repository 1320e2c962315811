import type pg from 'pg'
import { expect } from 'vitest'
import { inTransaction } from '../src/engine/transaction.ts'
import { type AttemptCounts, type HealthLimits, recordHealth } from '../src/webhooks/record-health.ts'
import { reportWebhookHealth } from '../src/webhooks/report-health.ts'
import { test as base } from './support/database-test.ts'
import { insertWebhook } from './support/webhooks.ts'

const limits: HealthLimits = { suspendAfter: 3, probeWaitsMs: [60_000], disableAfterMs: 3_600_000 }
const counts: AttemptCounts = {
  ...{ delivered: 0, failed: 0, isGone: false, isProbe: false, retryAfterMs: 0, error: null },
}

/** Looks once at every change, as a worker does. @returns how many changes were looked at */
const look = (pool: pg.Pool) =>
  inTransaction(
    pool,
    () => undefined,
    (tx) => reportWebhookHealth(tx, 100),
  )

const test = base.extend('webhook', async ({ pool }) => {
  await pool.query('delete from webhooks')
  await pool.query('delete from events')
  const id = await insertWebhook(pool, {})
  return {
    id,
    fail: (failed = 1, error = 'the receiver answered 503') =>
      recordHealth(pool, id, { ...counts, failed, error }, limits),
    succeed: () => recordHealth(pool, id, { ...counts, delivered: 1 }, limits),
    end: () => recordHealth(pool, id, { ...counts, failed: 1, isGone: true, error: 'it answered 410' }, limits),
    /** Lets minutes pass since the last change of the health. */
    age: (minutes: number) =>
      pool.query('update webhook_health_changes set changed_at = changed_at - make_interval(mins => $1)', [minutes]),
    /** The reported changes, the oldest first. */
    async reported(): Promise<string[]> {
      await look(pool)
      const { rows } = await pool.query<{ change: string }>(
        `select after->>'before' || ' → ' || (after->>'after') as change from events
         where type = 'webhook:health-changed' and aggregate_id = $1 order by position`,
        [id],
      )
      return rows.map(({ change }) => change)
    },
  }
})

test('a suspension and its end are reported when each of them lasts', async ({ pool, webhook }) => {
  await webhook.fail(3)
  expect(await webhook.reported()).toEqual(['healthy → suspended'])
  await webhook.succeed()
  await webhook.age(9)
  expect(await webhook.reported()).toHaveLength(1)
  await webhook.age(1)
  expect(await webhook.reported()).toEqual(['healthy → suspended', 'suspended → healthy'])
  expect(await look(pool)).toBe(0)
})

test('a webhook that fails now and then is reported once it has been degraded for a minute', async ({ webhook }) => {
  for (let i = 0; i < 3; i++) {
    await webhook.fail()
    expect(await webhook.reported()).toEqual([])
    await webhook.succeed()
  }
  await webhook.fail()
  await webhook.age(1)
  expect(await webhook.reported()).toEqual(['healthy → degraded'])
  await webhook.fail(2)
  expect(await webhook.reported()).toEqual(['healthy → degraded', 'degraded → suspended'])
})

test('a report has the cause, the error and the time of the change', async ({ pool, webhook }) => {
  await pool.query(`update webhooks set description = 'Deploys the site' where id = $1`, [webhook.id])
  await webhook.fail(3)
  await webhook.end()
  await webhook.reported()
  const { rows } = await pool.query(
    `select e.actor_id as "actorId", e.after, w.owner_id as "ownerId",
            (select array_agg(consumer) from deliveries where event_id = e.id) as consumers,
            (select count(*)::int from event_readers where event_id = e.id) as readers
     from events e join webhooks w on w.id = e.aggregate_id`,
  )
  expect(rows).toMatchObject([
    {
      ...{ actorId: '00000000-0000-0000-0000-000000000000', consumers: ['notifications'], readers: 0 },
      after: {
        ...{ id: webhook.id, userId: rows[0].ownerId, title: 'Deploys the site', before: 'healthy' },
        ...{ after: 'disabled', cause: 'gone', error: 'it answered 410' },
        since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
    },
  ])
})

test('a webhook without a description is reported by its host only', async ({ pool, webhook }) => {
  await pool.query(`update webhooks set url = 'https://hooks.example:8443/a?token=secret' where id = $1`, [webhook.id])
  await webhook.fail(3)
  await webhook.reported()
  const { rows } = await pool.query(`select after->>'title' as title from events`)
  expect(rows).toEqual([{ title: 'hooks.example:8443' }])
})

test('the endpoint of the installation has no owner to report to', async ({ pool, webhook }) => {
  await pool.query('update webhooks set owner_id = null where id = $1', [webhook.id])
  await webhook.fail(3)
  expect(await webhook.reported()).toEqual([])
})

test('a change is reported once when several processes look at the same time', async ({ pool, webhook }) => {
  await webhook.fail(3)
  const looks = await Promise.all(Array.from({ length: 6 }, () => look(pool)))
  expect(looks.reduce((sum, count) => sum + count)).toBe(1)
  expect(await webhook.reported()).toHaveLength(1)
})
