import {
  concernsAll,
  emitEvents,
  emittedEvents,
  metadataValues,
  notificationJson,
  prepareStatement,
  type Tx,
} from '@goals-tasks/db'
import type { CommittedEvent } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { planMails } from './plan-mails.ts'
import { isWantedBy, type NewNotification, wantedRows } from './wanted.ts'

/**
 * Inserts the notifications that are new and that their recipients have not turned off, and emits an event for each.
 * Plans a mail for each recipient with a confirmed address. A recipient gets one per event and channel.
 */
export async function insertAndEmit(tx: Tx, wanted: readonly NewNotification[]): Promise<void> {
  const [result] = await insertNotifications(tx, {
    wanted: JSON.stringify(wanted),
    ...metadataValues({ types: ['notification:sent'], actorId: '' }),
  })
  tx.events.push(...(result?.events ?? []))
  if (result?.sendsMail) tx.events.push(...(await planMails(tx, wanted)))
}

const insertNotifications = prepareStatement<{ events: CommittedEvent[]; sendsMail: boolean }>(
  'notifications_insert',
  sql`with ${wantedRows}, inserted as (
        insert into notifications (user_id, kind, channel, event_id, subject_type, subject_id, title, text, actor_id)
        select "userId", kind, 'in-app', "eventId", "subjectType", "subjectId", title, text, "actorId" from wanted
        where ${isWantedBy('in-app')}
        order by "userId", "eventId"
        on conflict (user_id, event_id, channel) do nothing
        returning id, user_id, event_id, ${notificationJson} as after
      ), changed as (
        select i.id, 1 as version, null::json as before, i.after, '{}'::uuid[] as readers_before,
               array[i.user_id] as readers_after, null::uuid[] as goal_ids, ${concernsAll}, t."actorId" as actor_id,
               t."correlationId" as correlation_id, t."eventId" as causation_id, t.traceparent
        from inserted i join wanted t on t."userId" = i.user_id and t."eventId" = i.event_id
      ), ${emitEvents('notification', {
        actorId: sql`changed.actor_id`,
        correlationId: sql`changed.correlation_id`,
        causationId: sql`changed.causation_id`,
        traceparent: sql`changed.traceparent`,
      })}
      select ${emittedEvents} as events,
        exists (select from receivers where consumer = 'email' and is_present) as "sendsMail"`,
)
