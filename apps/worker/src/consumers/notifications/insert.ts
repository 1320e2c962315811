import {
  concernsAll,
  emitEvents,
  emittedEvents,
  metadataValues,
  notificationJson,
  prepareStatement,
  type Tx,
} from '@goals-tasks/db'
import type { CommittedEvent, Notification } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'

export type NewNotification = Pick<
  Notification,
  'userId' | 'kind' | 'eventId' | 'subjectType' | 'subjectId' | 'title' | 'actorId'
> & {
  text: string
  correlationId: string | null
  traceparent: string | null
}

/**
 * Inserts the notifications that are new and that their recipients have not turned off, and emits an event for each.
 * A recipient gets one per event and channel.
 */
export async function insertAndEmit(tx: Tx, wanted: readonly NewNotification[]): Promise<void> {
  const [result] = await insertNotifications(tx, {
    wanted: JSON.stringify(wanted),
    ...metadataValues({ types: ['notification:sent'], actorId: '' }),
  })
  tx.events.push(...(result?.events ?? []))
}

const insertNotifications = prepareStatement<{ events: CommittedEvent[] }>(
  'notifications_insert',
  sql`with wanted as (
        select * from jsonb_to_recordset(${sql.placeholder('wanted')}::jsonb) as t(
          "userId" uuid, kind text, "eventId" uuid, "subjectType" text, "subjectId" uuid, title text, text text,
          "actorId" uuid, "correlationId" text, traceparent text)
      ), inserted as (
        insert into notifications (user_id, kind, channel, event_id, subject_type, subject_id, title, text, actor_id)
        select "userId", kind, 'in-app', "eventId", "subjectType", "subjectId", title, text, "actorId" from wanted
        where not exists (
          select from notification_preferences chosen
          where chosen.user_id = "userId" and chosen.kind = wanted.kind and chosen.channel = 'in-app'
            and not chosen.is_enabled)
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
      select ${emittedEvents} as events`,
)
