import { sql } from 'drizzle-orm'
import { type EventMetadata, metadataValues } from '../changes/events.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'

const insert = prepareStatement<{ id: string; type: string }>(
  'webhook_test',
  sql`with webhook as materialized (
        select id, owner_id, version from webhooks where id = ${sql.placeholder('webhookId')}::uuid
      ), emitted as (
        insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, as_admin, via,
                            correlation_id, traceparent, after)
        select 'webhook:test', 'webhook', id, version, 0, ${sql.placeholder('actorId')}::uuid,
               ${sql.placeholder('asAdmin')}::boolean, ${sql.placeholder('via')}::uuid,
               ${sql.placeholder('correlationId')}::text, ${sql.placeholder('traceparent')}::text,
               json_build_object('id', id, 'createdAt', rfc3339(now()))
        from webhook returning id, xid, position, type
      ), emitted_readers as (
        insert into event_readers (reader_id, xid, position, event_id, visibility)
        select owner_id, xid, position, emitted.id, 'gained' from emitted cross join webhook where owner_id is not null
      ), queued as (
        insert into deliveries (consumer, event_id, target, due_at)
        select 'sync', emitted.id, webhook.id::text, now() from emitted cross join webhook
      )
      select id, type from emitted`,
)

/**
 * Emits the event of a test of a webhook, with the owner of the webhook as its reader and one delivery, due at once.
 * Returns undefined when the webhook does not exist.
 */
export async function emitWebhookTest(
  db: Executor,
  webhookId: string,
  metadata: EventMetadata,
): Promise<{ id: string; type: string } | undefined> {
  const [event] = await insert(db, { ...metadataValues(metadata), webhookId })
  return event
}
