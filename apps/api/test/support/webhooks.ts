import { randomUUID } from 'node:crypto'
import { createSealer } from '@goals-tasks/webhooks'
import type pg from 'pg'
import type { WebhookDeps } from '../../src/deps.ts'

/** A resolver for tests: `private.example` is in a private network, and every other host is public. */
const lookup = async (hostname: string) => [hostname === 'private.example' ? '10.0.0.1' : '93.184.216.34']

export const secretsKey = Buffer.alloc(32, 'k')
export const testSealer = createSealer([secretsKey])
export const webhookDeps: WebhookDeps = { sealer: testSealer, allowedNetworks: [], lookup }

/** Inserts a webhook without regard to the maximum number. Returns its id. */
export async function insertWebhook(pool: pg.Pool, ownerId: string, id: string = randomUUID()): Promise<string> {
  const secret = testSealer.seal(Buffer.from('whsec_AAAA'), id)
  const url = 'https://hooks.example/'
  await pool.query('insert into webhooks (id, owner_id, url, secret) values ($1, $2, $3, $4)', [
    ...[id, ownerId, url],
    secret,
  ])
  return id
}

/** Inserts a request that carried the first event of a goal to a webhook. Returns the id of the event. */
export async function insertMessage(pool: pg.Pool, webhookId: string, goalId: string): Promise<string> {
  const { rows } = await pool.query(
    `insert into webhook_attempts (webhook_id, event_id, event_type, attempted_at, status, duration_ms, outcome)
     select $1, id, type, now(), 204, 12, 'delivered' from events where aggregate_id = $2 and aggregate_version = 1
     returning event_id as id`,
    [webhookId, goalId],
  )
  return rows[0].id
}

/** Inserts a sync run of a webhook, as the API does but without its event. Returns its id. */
export async function insertSyncRun(pool: pg.Pool, ownerId: string, webhookId: string): Promise<string> {
  const { rows } = await pool.query(
    'insert into sync_runs (owner_id, webhook_id, with_goals, with_tasks) values ($1, $2, true, true) returning id',
    [ownerId, webhookId],
  )
  return rows[0].id
}
