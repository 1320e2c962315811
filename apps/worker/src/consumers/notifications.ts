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
import type { Transactional } from './contract.ts'

/**
 * Notifies users, inside the application, of changes that concern them and that somebody else made. The recipients are
 * those of the event, however late it is handled.
 */
export const notifications: Transactional<'notifications'> = {
  kind: 'transactional',
  async run(tx, events) {
    const presentAssignees = await loadPresentAssignees(tx, events)
    const wanted = events.flatMap((event) =>
      notificationsOf(event, event.assignees ?? presentAssignees.get(event.aggregateId) ?? []),
    )
    if (wanted.length > 0) await insertAndEmit(tx, wanted)
  },
}

type NotifiableEvent = EventFor<'notifications'>
type NewNotification = Pick<
  Notification,
  'userId' | 'kind' | 'eventId' | 'subjectType' | 'subjectId' | 'title' | 'actorId'
> & {
  correlationId: string | null
  traceparent: string | null
}

function notificationsOf(event: NotifiableEvent, assigneesOfGoal: readonly string[]): NewNotification[] {
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

function concernedBy(event: NotifiableEvent, assigneesOfGoal: readonly string[]): Concerned {
  switch (event.type) {
    case 'task:assigned':
      return { kind: 'task-assigned', subjectType: 'task', userIds: [event.after.assignedTo] }
    case 'task:completed':
      return { kind: 'task-completed', subjectType: 'task', userIds: [event.after.ownerId, event.after.assignedTo] }
    case 'goal:completed':
      return { kind: 'goal-completed', subjectType: 'goal', userIds: [event.after.userId, ...assigneesOfGoal] }
  }
}

/**
 * Returns the present assignees of the live tasks in each completed goal, by goal id, for events from before events had
 * assignees.
 */
async function loadPresentAssignees(tx: Tx, events: readonly NotifiableEvent[]): Promise<Map<string, string[]>> {
  const goalIds = events.flatMap((event) =>
    event.type === 'goal:completed' && !event.assignees ? [event.aggregateId] : [],
  )
  if (goalIds.length === 0) return new Map()
  const rows = await executeOnce<{ goalId: string; assignees: string[] }>(
    tx,
    sql`select goal_id as "goalId", array_agg(distinct assigned_to) as assignees from tasks
        where goal_id = any(${sql.param(goalIds)}::uuid[]) and deleted_at is null and assigned_to is not null
        group by goal_id`,
  )
  return new Map(rows.map((row) => [row.goalId, row.assignees]))
}

/** Inserts the notifications that are new and emits an event for each. A recipient gets one per event and channel. */
async function insertAndEmit(tx: Tx, wanted: readonly NewNotification[]): Promise<void> {
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
          "userId" uuid, kind text, "eventId" uuid, "subjectType" text, "subjectId" uuid, title text, "actorId" uuid,
          "correlationId" text, traceparent text)
      ), inserted as (
        insert into notifications (user_id, kind, channel, event_id, subject_type, subject_id, title, actor_id)
        select "userId", kind, 'in-app', "eventId", "subjectType", "subjectId", title, "actorId" from wanted
        order by "userId", "eventId"
        on conflict (user_id, event_id, channel) do nothing
        returning id, user_id, event_id, ${notificationJson} as after
      ), changed as (
        select i.id, 1 as version, null::json as before, i.after, '{}'::uuid[] as readers_before,
               array[i.user_id] as readers_after, null::uuid[] as goal_ids,
               t."actorId" as actor_id, t."correlationId" as correlation_id, t."eventId" as causation_id, t.traceparent
        from inserted i join wanted t on t."userId" = i.user_id and t."eventId" = i.event_id
      ), ${emitEvents('notification', {
        actorId: sql`changed.actor_id`,
        correlationId: sql`changed.correlation_id`,
        causationId: sql`changed.causation_id`,
        traceparent: sql`changed.traceparent`,
      })}
      select ${emittedEvents} as events`,
)
