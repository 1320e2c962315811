import { randomUUID } from 'node:crypto'
import { inTransaction, recordHealth, reportWebhookHealth } from '@goals-tasks/db'
import fc from 'fast-check'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'
import { insertWebhook } from '../support/webhooks.ts'

const limits = { suspendAfter: 3, probeWaitsMs: [60_000] as [number], disableAfterMs: 3_600_000 }
const counts = { delivered: 0, failed: 0, isGone: false, isProbe: false, retryAfterMs: 0, error: null }

const test = base.extend('webhook', async ({ installation: { pool } }) => {
  const { id } = await insertWebhook(pool, { ownerId: randomUUID(), url: 'https://hooks.example/' })
  const record = (attempts: Partial<typeof counts>) => recordHealth(pool, id, { ...counts, ...attempts }, limits)
  return {
    fail: () => record({ failed: 2 }),
    succeed: () => record({ delivered: 1 }),
    /** Lets ten minutes pass since the last change of the health. */
    wait: () => pool.query(`update webhook_health_changes set changed_at = changed_at - interval '10 minutes'`),
    look: () =>
      inTransaction(
        pool,
        () => undefined,
        (tx) => reportWebhookHealth(tx, 100),
      ),
    async health(): Promise<string> {
      const { rows } = await pool.query('select health from webhooks')
      return rows[0].health
    },
    /** Returns the reported changes since the last call, the oldest first. */
    async takeReports(): Promise<{ before: string; after: string }[]> {
      const { rows } = await pool.query(
        `with gone as (delete from events returning position, after)
         select after->>'before' as before, after->>'after' as after from gone order by position`,
      )
      return rows
    },
  }
})

const step = fc.constantFrom('fail', 'succeed', 'look', 'look', 'wait')

test('the reports of a webhook lead to its present health, whatever runs at the same time', async ({ webhook }) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      let known = await webhook.health()
      for (let i = 0; i < steps.length; i += 3)
        await Promise.all(steps.slice(i, i + 3).map((name): Promise<unknown> => webhook[name]()))
      await webhook.wait()
      await webhook.look()
      for (const { before, after } of await webhook.takeReports()) {
        expect(before).toBe(known)
        expect(after).not.toBe(before)
        known = after
      }
      expect(known).toBe(await webhook.health())
    }),
    { numRuns: 40 },
  )
})
