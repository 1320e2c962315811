import { metadataValues, prepareStatement } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import { type Actor, eventMetadata } from '../../resource/actor.ts'
import { acceptedResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { loadEnabledWebhook } from './read.ts'

/** The event of a test with its reader, the owner of the webhook, and one delivery, which a worker sends at once. */
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

/** Sends a test event to a webhook, at once. @throws Problem 404 for other users, 409 when the webhook is disabled */
export async function sendTest(deps: Deps, actor: Actor, id: string): Promise<StoredResponse> {
  const webhook = await loadEnabledWebhook(deps.db, actor, id)
  const metadata = metadataValues(eventMetadata(actor, ['webhook:test']))
  const [event] = await insert(deps.db, { ...metadata, webhookId: webhook.id })
  return acceptedResponse(JSON.stringify(event))
}
