import {
  concernsAll,
  emitEvents,
  emittedEvents,
  inTransaction,
  metadataValues,
  notificationJson,
  type Publish,
  prepareStatement,
} from '@goals-tasks/db'
import type { CommittedEvent, EventFor } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type pg from 'pg'

const id = sql`${sql.placeholder('id')}::uuid`

const markSent = prepareStatement<{ events: CommittedEvent[] }>(
  'mail_sent',
  sql`with sent as (
        update notifications set sent_at = now(), skip_reason = null where id = ${id} and sent_at is null
        returning id, actor_id, ${notificationJson} as after
      ), changed as (
        select id, 1 as version, null::json as before, after, '{}'::uuid[] as readers_before,
               '{}'::uuid[] as readers_after, null::uuid[] as goal_ids, ${concernsAll}, actor_id
        from sent
      ), ${emitEvents('notification', { actorId: sql`changed.actor_id` })}
      select ${emittedEvents} as events`,
)

/**
 * Records that the mail server accepted the mail of a notification, and emits `notification:sent`, once. The feed does
 * not show it: a feed shows what is in the inbox.
 */
export async function recordSent(pool: pg.Pool, event: EventFor<'email'>, publish: Publish): Promise<void> {
  const { correlationId, traceparent } = event
  const metadata = {
    ...{ types: ['notification:sent'] as const, actorId: event.actorId, causationId: event.id },
    correlationId: correlationId ?? undefined,
    traceparent: traceparent ?? undefined,
  }
  await inTransaction(pool, publish, async (tx) => {
    const [result] = await markSent(tx, { id: event.after.id, ...metadataValues(metadata) })
    tx.events.push(...(result?.events ?? []))
  })
}

const markSkipped = prepareStatement<object>(
  'mail_skipped',
  sql`update notifications set skip_reason = ${sql.placeholder('reason')} where id = ${id} and sent_at is null`,
)

/** Why a planned mail was not sent. `trace` shows it. */
export type SkipReason = 'no contact' | 'not confirmed' | 'turned off'

export const recordSkipped = (pool: pg.Pool, notificationId: string, reason: SkipReason): Promise<unknown> =>
  markSkipped(pool, { id: notificationId, reason })
