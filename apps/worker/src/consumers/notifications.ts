import {
  emitEvents,
  emittedEvents,
  executeOnce,
  metadataValues,
  notificationJson,
  prepareStatement,
  type Tx,
} from '@goals-tasks/db'
import type { CommittedEvent, EventFor, Notification } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type { Transactional } from './types.ts'

/** Tells people, in the application, what concerns them and what they did not do themselves. */
export const notifications: Transactional<'notifications'> = {
  kind: 'transactional',
  async run(tx, _deps, events) {
    const assignees = await assigneesOfGoals(tx, events)
    const told = events.flatMap((event) => notificationsOf(event, assignees.get(event.aggregateId) ?? []))
    if (told.length > 0) await insertAndEmit(tx, told)
  },
}

type Heard = EventFor<'notifications'>
type NewNotification = Pick<
  Notification,
  'userId' | 'kind' | 'eventId' | 'subjectType' | 'subjectId' | 'title' | 'actorId'
> & {
  correlationId: string | null
  traceparent: string | null
}

function notificationsOf(event: Heard, assigneesOfGoal: readonly string[]): NewNotification[] {
  const concerned = concernedBy(event, assigneesOfGoal)
  const recipients = new Set(concerned.userIds.flatMap((id) => (id === null || id === event.actorId ? [] : [id])))
  return [...recipients].map((userId) => ({
    userId,
    kind: concerned.kind,
    eventId: event.id,
    subjectType: concerned.subjectType,
    subjectId: event.aggregateId,
    title: event.after.title,
    actorId: event.actorId,
    correlationId: event.correlationId,
    traceparent: event.traceparent,
  }))
}

type Concerned = Pick<Notification, 'kind' | 'subjectType'> & { userIds: (string | null)[] }

function concernedBy(event: Heard, assigneesOfGoal: readonly string[]): Concerned {
  switch (event.type) {
    case 'task:assigned':
      return { kind: 'task-assigned', subjectType: 'task', userIds: [event.after.assignedTo] }
    case 'task:completed':
      return { kind: 'task-completed', subjectType: 'task', userIds: [event.after.ownerId, event.after.assignedTo] }
    case 'goal:completed':
      return { kind: 'goal-completed', subjectType: 'goal', userIds: [event.after.userId, ...assigneesOfGoal] }
  }
}

/** Who has a live task in the goals that were completed, by goal. */
async function assigneesOfGoals(tx: Tx, events: readonly Heard[]): Promise<Map<string, string[]>> {
  const goalIds = events.flatMap((event) => (event.type === 'goal:completed' ? [event.aggregateId] : []))
  if (goalIds.length === 0) return new Map()
  const rows = await executeOnce<{ goalId: string; assignees: string[] }>(
    tx,
    sql`select goal_id as "goalId", array_agg(distinct assigned_to) as assignees from tasks
        where goal_id = any(${sql.param(goalIds)}::uuid[]) and deleted_at is null and assigned_to is not null
        group by goal_id`,
  )
  return new Map(rows.map((row) => [row.goalId, row.assignees]))
}

/** Inserts what nobody was told yet, and announces exactly that: a recipient isSubscribed of an event once per channel. */
async function insertAndEmit(tx: Tx, told: readonly NewNotification[]): Promise<void> {
  const [result] = await insertNotifications(tx, {
    told: JSON.stringify(told),
    ...metadataValues({ types: ['notification:sent'], actorId: '' }),
  })
  tx.events.push(...(result?.events ?? []))
}

const insertNotifications = prepareStatement<{ events: CommittedEvent[] }>(
  'notifications_insert',
  sql`with told as (
        select * from jsonb_to_recordset(${sql.placeholder('told')}::jsonb) as t(
          "userId" uuid, kind text, "eventId" uuid, "subjectType" text, "subjectId" uuid, title text, "actorId" uuid,
          "correlationId" text, traceparent text)
      ), inserted as (
        insert into notifications (user_id, kind, channel, event_id, subject_type, subject_id, title, actor_id)
        select "userId", kind, 'in-app', "eventId", "subjectType", "subjectId", title, "actorId" from told
        order by "userId", "eventId"
        on conflict (user_id, event_id, channel) do nothing
        returning id, user_id, event_id, ${notificationJson} as after
      ), changed as (
        select i.id, 1 as version, null::json as before, i.after, array[i.user_id] as readers, null::uuid[] as goal_ids,
               t."actorId" as actor_id, t."correlationId" as correlation_id, t."eventId" as causation_id, t.traceparent
        from inserted i join told t on t."userId" = i.user_id and t."eventId" = i.event_id
      ), ${emitEvents('notification', {
        actorId: sql`changed.actor_id`,
        correlationId: sql`changed.correlation_id`,
        causationId: sql`changed.causation_id`,
        traceparent: sql`changed.traceparent`,
      })}
      select ${emittedEvents} as events`,
)
