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
import type { CommittedEvent, EventFor, NotificationKind } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import type pg from 'pg'

const id = sql`${sql.placeholder('id')}::uuid`

/** Records the notifications of the condition as sent, and emits an event for each that was not. */
const markSentWhere = (name: string, condition: SQL) =>
  prepareStatement<{ events: CommittedEvent[] }>(
    name,
    sql`with sent as (
        update notifications set sent_at = now(), skip_reason = null where ${condition} and sent_at is null
        returning id, actor_id, ${notificationJson} as after
      ), changed as (
        select id, 1 as version, null::json as before, after, '{}'::uuid[] as readers_before,
               '{}'::uuid[] as readers_after, null::uuid[] as goal_ids, ${concernsAll}, actor_id
        from sent
      ), ${emitEvents('notification', { actorId: sql`changed.actor_id` })}
      select ${emittedEvents} as events`,
  )

const markSent = markSentWhere('mail_sent', sql`id = ${id}`)

const metadataOf = ({ actorId, id: causationId, correlationId, traceparent }: EventFor<'email'>) =>
  metadataValues({
    ...{ types: ['notification:sent'] as const, actorId, causationId },
    correlationId: correlationId ?? undefined,
    traceparent: traceparent ?? undefined,
  })

/**
 * Records that the mail server accepted the mail of a notification, and emits `notification:sent`, once. The feed does
 * not show it: a feed shows what is in the inbox.
 */
export async function recordSent(pool: pg.Pool, event: EventFor<'email'>, publish: Publish): Promise<void> {
  await inTransaction(pool, publish, async (tx) => {
    const [result] = await markSent(tx, { id: event.after.id, ...metadataOf(event) })
    tx.events.push(...(result?.events ?? []))
  })
}

/** The notifications that one transaction records. */
const maxRecorded = 500

const markDigest = prepareStatement<object>(
  'mail_digest_sent',
  sql`with sent as (
        update mail_digests set sent_at = now() where id = ${id} and sent_at is null returning id
      )
      update notifications set skip_reason = 'turned off'
      where digest_id in (select id from sent) and kind <> all(${sql.placeholder('kinds')}::text[])`,
)

/** A digest that is recorded as sent has notifications that were turned off, and others. */
const markMembers = markSentWhere(
  'mail_digest_members_sent',
  sql`id = any(array(
        select id from notifications where digest_id = ${id} and sent_at is null
          and skip_reason is distinct from 'turned off'
        order by id limit ${sql.raw(String(maxRecorded))}))`,
)

/**
 * Records that the mail server accepted a digest. `kinds` are the kinds of the notifications in it; the others were
 * turned off. Emits `notification:sent` for each notification in it, in small transactions. A process that dies
 * between two of them leaves the rest to the next attempt, which sends nothing.
 */
export async function recordDigestSent(
  pool: pg.Pool,
  { event, kinds }: { event: EventFor<'email'>; kinds: readonly NotificationKind[] },
  publish: Publish,
): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    const count = await inTransaction(pool, publish, async (tx) => {
      if (isFirst) await markDigest(tx, { id: event.after.id, kinds })
      const [result] = await markMembers(tx, { id: event.after.id, ...metadataOf(event) })
      tx.events.push(...(result?.events ?? []))
      return result?.events.length ?? 0
    })
    if (count < maxRecorded) return
  }
}

/** Why a planned mail was not sent. `trace` shows it. */
export type SkipReason = 'no contact' | 'not confirmed' | 'turned off'

const markSkipped = prepareStatement<object>(
  'mail_skipped',
  sql`update notifications set skip_reason = ${sql.placeholder('reason')}
      where (id = ${id} or digest_id = ${id}) and sent_at is null`,
)

/** Records why the mail of a notification, or of a digest, is not sent, or not yet. */
export const recordSkipped = (pool: pg.Pool, mailId: string, reason: SkipReason | 'quiet hours'): Promise<unknown> =>
  markSkipped(pool, { id: mailId, reason })
