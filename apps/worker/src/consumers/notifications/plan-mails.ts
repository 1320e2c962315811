import { concernsAll, emitEvents, emittedEvents, metadataValues, prepareStatement, type Tx } from '@goals-tasks/db'
import type { CommittedEvent } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { isWantedBy, type NewNotification, wantedRows } from './wanted.ts'

const insertMails = prepareStatement<{ events: CommittedEvent[] }>(
  'notifications_plan_mails',
  sql`with ${wantedRows}, planned as (
        insert into notifications (user_id, kind, channel, event_id, subject_type, subject_id, title, text, actor_id)
        select "userId", kind, 'email', "eventId", "subjectType", "subjectId", title, text, "actorId"
        from wanted join contacts on contacts.user_id = "userId" and contacts.verified_at is not null
        where ${isWantedBy('email')}
        order by "userId", "eventId"
        on conflict (user_id, event_id, channel) do nothing
        returning id, user_id, event_id
      ), changed as (
        select p.id, 1 as version, null::json as before,
               json_build_object('id', p.id, 'userId', p.user_id, 'purpose', 'notification') as after,
               '{}'::uuid[] as readers_before, '{}'::uuid[] as readers_after, null::uuid[] as goal_ids, ${concernsAll},
               t."actorId" as actor_id, t."correlationId" as correlation_id, t."eventId" as causation_id, t.traceparent
        from planned p join wanted t on t."userId" = p.user_id and t."eventId" = p.event_id
      ), ${emitEvents('mail', {
        actorId: sql`changed.actor_id`,
        correlationId: sql`changed.correlation_id`,
        causationId: sql`changed.causation_id`,
        traceparent: sql`changed.traceparent`,
      })}
      select ${emittedEvents} as events`,
)

/**
 * Plans one mail per recipient and event: a row of the channel `email`, and the event that leads to the mail. A
 * recipient without a confirmed address gets none. The transaction of the consumer commits both.
 */
export async function planMails(tx: Tx, wanted: readonly NewNotification[]): Promise<CommittedEvent[]> {
  const values = { wanted: JSON.stringify(wanted), ...metadataValues({ types: ['mail:planned'], actorId: '' }) }
  const [result] = await insertMails(tx, values)
  return result?.events ?? []
}
