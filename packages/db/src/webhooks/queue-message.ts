import { sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'

export type WebhookMessageKey = { webhookId: string; eventId: string }

const queue = prepareStatement<{ type: string }>(
  'webhook_message_resend',
  sql`with readable as materialized (
        select e.id, e.type from events e
        join webhooks w on w.id = ${sql.placeholder('webhookId')}::uuid
        join event_readers r on r.reader_id = w.owner_id and r.xid = e.xid and r.position = e.position
          and r.event_id = e.id and r.epoch = any(array(select generate_series(0, epoch) from installation))
        where e.id = ${sql.placeholder('eventId')}::uuid
      ), queued as (
        insert into deliveries (consumer, event_id, target, due_at, is_replay)
        select 'sync', id, ${sql.placeholder('webhookId')}::text, now(), true from readable
        on conflict (consumer, event_id, target) do update set due_at = now(), is_replay = true
      )
      select type from readable`,
)
const hasten = prepareStatement<object>(
  'webhook_message_hasten',
  sql`update deliveries set due_at = now(), is_replay = true
      where consumer = 'sync' and event_id = ${sql.placeholder('eventId')}::uuid
        and target = ${sql.placeholder('webhookId')}::text`,
)

/**
 * Queues an event for a webhook again, due at once. Returns its type, or undefined when the owner of the webhook never
 * was a reader of it, or when it is no longer kept.
 */
export const queueWebhookMessage = async (db: Executor, key: WebhookMessageKey): Promise<string | undefined> =>
  (await queue(db, key))[0]?.type

/** Makes the delivery of an event to a webhook due at once. */
export async function hastenWebhookMessage(db: Executor, key: WebhookMessageKey): Promise<void> {
  await hasten(db, key)
}
