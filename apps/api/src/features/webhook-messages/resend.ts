import { prepareStatement, replayDeadLetters } from '@goals-tasks/db'
import { notFound } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { acceptedResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { findDeadLetterId, loadEnabledWebhook } from './read.ts'

type Message = { webhookId: string; eventId: string }

/** An event of which the owner of the webhook is a reader, and its delivery, which a worker sends at once. */
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
 * Sends an event to a webhook again, at once. A dead letter becomes a delivery again.
 * @throws Problem 404 when the owner never saw the event or it is no longer kept, 409 when the webhook is disabled
 */
export async function resendMessage(deps: Deps, actor: Actor, message: Message): Promise<StoredResponse> {
  const type = await deps.transaction({ actorId: actor.id }, async ({ db }) => {
    const { id: webhookId } = await loadEnabledWebhook(db, actor, message.webhookId)
    const { eventId } = message
    const deadLetterId = await findDeadLetterId(db, webhookId, eventId)
    const [replayed] = deadLetterId ? await replayDeadLetters(db, { ids: [deadLetterId] }, 1) : []
    if (replayed) await hasten(db, { webhookId, eventId })
    return replayed ? replayed.type : (await queue(db, { webhookId, eventId }))[0]?.type
  })
  if (type === undefined) throw notFound('message')
  return acceptedResponse(JSON.stringify({ id: message.eventId.toLowerCase(), type }))
}
