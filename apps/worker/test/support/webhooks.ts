import { randomBytes, randomUUID } from 'node:crypto'
import { createSealer } from '@goals-tasks/webhooks'
import type pg from 'pg'
import { secretsKey } from './test-worker.ts'

type Values = {
  ownerId: string
  url: string
  types?: readonly string[] | null
  filter?: string | null
  previousSecret?: string
}

export const newSecret = () => `whsec_${randomBytes(24).toString('base64')}`

/** Inserts a webhook as the API does. @returns its id and its secret */
export async function insertWebhook(pool: pg.Pool, values: Values): Promise<{ id: string; secret: string }> {
  const { ownerId, url, types = null, filter = null, previousSecret } = values
  const [id, secret] = [randomUUID(), newSecret()]
  const seal = (text: string) => createSealer([secretsKey]).seal(Buffer.from(text), id)
  await pool.query(
    `insert into webhooks (id, owner_id, url, types, filter, secret, previous_secret, previous_secret_until)
     values ($1, $2, $3, $4, $5, $6, $7, case when $7::bytea is not null then now() + interval '1 hour' end)`,
    [id, ownerId, url, types, filter, seal(secret), previousSecret ? seal(previousSecret) : null],
  )
  return { id, secret }
}

/** Returns the state of a webhook. */
export async function loadWebhook(pool: pg.Pool, id: string) {
  const { rows } = await pool.query(
    'select health, consecutive_failures as failures, disabled_cause as cause from webhooks where id = $1',
    [id],
  )
  return rows[0]
}

/** Returns the requests to a webhook, the oldest first. */
export async function loadAttempts(pool: pg.Pool, id: string) {
  const { rows } = await pool.query(
    `select event_id as "eventId", event_type as "eventType", status, error, response, outcome, is_replay as "isReplay"
     from webhook_attempts where webhook_id = $1 order by id`,
    [id],
  )
  return rows
}
