import { type Executor, prepareStatement } from '@goals-tasks/db'
import { Problem } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { loadWebhook, type StoredWebhook } from '../webhooks/read.ts'

/** The consumer whose targets are webhooks, in the tables of deliveries and dead letters. */
const isOf = sql`consumer = 'sync' and event_id = ${sql.placeholder('eventId')}::uuid
  and target = ${sql.placeholder('webhookId')}::text`

const findWaiting = prepareStatement<object>(
  'webhook_message_waiting',
  sql`select from deliveries where ${isOf} union all select from dead_letters where ${isOf} limit 1`,
)

/** Returns whether the event waits for its request to the webhook, or is a dead letter. */
export const isWaiting = async (db: Executor, webhookId: string, eventId: string): Promise<boolean> =>
  (await findWaiting(db, { webhookId, eventId })).length > 0

const findDeadLetter = prepareStatement<{ id: string }>(
  'webhook_dead_letter',
  sql`select id from dead_letters where ${isOf}`,
)

/** Returns the id of the dead letter of the event at the webhook, if there is one. */
export async function findDeadLetterId(db: Executor, webhookId: string, eventId: string): Promise<string | undefined> {
  const [letter] = await findDeadLetter(db, { webhookId, eventId })
  return letter?.id
}

/** Loads a webhook that is to get an event. @throws Problem 404 for other users, 409 when it is disabled */
export async function loadEnabledWebhook(db: Deps['db'], actor: Actor, id: string): Promise<StoredWebhook> {
  const webhook = await loadWebhook(db, actor, id)
  if (webhook.isEnabled) return webhook
  throw new Problem('webhook-disabled', 'The webhook is disabled. Enable it first.')
}
