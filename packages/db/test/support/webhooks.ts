import { randomUUID } from 'node:crypto'
import type pg from 'pg'

type Values = { ownerId?: string | null; types?: readonly string[] | null; isEnabled?: boolean; url?: string }

/** Inserts a webhook. Its secret cannot be opened. @returns its id */
export async function insertWebhook(
  pool: pg.Pool,
  { ownerId = randomUUID(), types = null, isEnabled = true, url = 'https://receiver.example/hook' }: Values,
): Promise<string> {
  const { rows } = await pool.query(
    `insert into webhooks (owner_id, url, types, is_enabled, disabled_cause, disabled_at, secret)
     values ($1, $2, $3, $4, case when not $4 then 'owner' end, case when not $4 then now() end, 'sealed')
     returning id`,
    [ownerId, url, types, isEnabled],
  )
  return rows[0].id
}
