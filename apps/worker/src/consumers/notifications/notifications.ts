import { executeOnce, type Tx } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Transactional } from '../contract.ts'
import { insertAndEmit, type NotificationsDeps } from './insert.ts'
import { withoutStaleReminders } from './present-reminders.ts'
import { type NotifiableEvent, recipientsOf } from './recipients.ts'
import { textFor, titleFor } from './texts.ts'
import type { NewNotification } from './wanted.ts'

/**
 * Notifies users, inside the application, of changes that concern them and that somebody else made, of their tasks that
 * are due, and of the health of their webhooks. The recipients are those of the event, however late it is handled.
 */
export const createNotifications = (deps: NotificationsDeps): Transactional<'notifications'> => ({
  kind: 'transactional',
  async run(tx, delivered) {
    const events = await withoutStaleReminders(tx, delivered)
    const presentAssignees = await loadPresentAssignees(tx, events)
    const wanted = events.flatMap((event) =>
      notificationsOf(event, event.assignees ?? presentAssignees.get(event.aggregateId) ?? []),
    )
    if (wanted.length > 0) await insertAndEmit(tx, wanted, deps)
  },
})

const notificationsOf = (event: NotifiableEvent, assigneesOfGoal: readonly string[]): NewNotification[] =>
  [...recipientsOf(event, assigneesOfGoal)].map(([userId, kind]) => ({
    userId,
    kind,
    eventId: event.id,
    ...subjectOf(event),
    title: titleFor(kind, event),
    text: textFor(kind, event),
    actorId: event.actorId,
    correlationId: event.correlationId,
    traceparent: event.traceparent,
  }))

function subjectOf(event: NotifiableEvent): Pick<NewNotification, 'subjectType' | 'subjectId'> {
  if (event.type === 'goal:completed') return { subjectType: 'goal', subjectId: event.aggregateId }
  if (event.type === 'webhook:health-changed') return { subjectType: 'webhook', subjectId: event.aggregateId }
  return { subjectType: 'task', subjectId: event.type === 'reminder:due' ? event.after.taskId : event.aggregateId }
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
