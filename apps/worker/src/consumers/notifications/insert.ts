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
import { scheduleJson } from '../../schedules/schedule-json.ts'
import type { UserSchedule } from './mail-times.ts'
import { planBySchedule } from './plan-by-schedule.ts'
import { isWantedBy, type NewNotification, wantedRows } from './wanted.ts'

export type NotificationsDeps = {
  /** Returns milliseconds since the epoch. The default is the clock of Postgres, which all processes share. */
  clock?: (() => number) | undefined
  /** Call with the number of mails that wait for a digest. The transaction may still be rolled back. */
  onHeld: (count: number) => void
}

/**
 * Inserts the notifications that are new and that their recipients have not turned off, and emits an event for each.
 * Plans a mail for each recipient with a confirmed address. A recipient gets one per event and channel.
 */
export async function insertAndEmit(
  tx: Tx,
  wanted: readonly NewNotification[],
  { clock, onHeld }: NotificationsDeps,
): Promise<void> {
  const [result] = await insertNotifications(tx, {
    wanted: JSON.stringify(wanted),
    ...metadataValues({ types: ['notification:sent'], actorId: '' }),
  })
  tx.events.push(...(result?.events ?? []))
  if (!result?.sendsMail) return
  await planBySchedule(tx, wanted, { schedules: result.schedules, nowMs: clock?.() ?? Date.parse(result.now), onHeld })
}

type Inserted = { events: CommittedEvent[]; sendsMail: boolean; schedules: UserSchedule[]; now: string }

const insertNotifications = prepareStatement<Inserted>(
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
      select ${emittedEvents} as events, rfc3339(now()) as now,
        (select coalesce(json_agg(${scheduleJson}), '[]') from mail_schedules schedule
         left join contacts contact on contact.user_id = schedule.user_id
         where schedule.user_id in (select "userId" from wanted)) as schedules,
        exists (select from receivers where consumer = 'email' and is_present) as "sendsMail"`,
)
