import { executeOnce, type Tx } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { NotifiableEvent } from './recipients.ts'

/**
 * Returns the events without those reminders that no longer hold: their task was closed, deleted, put off or given to
 * another user since, or its goal is no longer active.
 */
export async function withoutStaleReminders(
  tx: Tx,
  events: readonly NotifiableEvent[],
): Promise<readonly NotifiableEvent[]> {
  const reminders = events.filter((event) => event.type === 'reminder:due').map(({ after }) => after)
  if (reminders.length === 0) return events
  const present = new Set((await loadPresent(tx, JSON.stringify(reminders))).map(({ id }) => id))
  return events.filter((event) => event.type !== 'reminder:due' || present.has(event.after.id))
}

const loadPresent = (tx: Tx, reminders: string) =>
  executeOnce<{ id: string }>(
    tx,
    sql`select reminder.id
        from jsonb_to_recordset(${reminders}::jsonb) as reminder(
          id uuid, "taskId" uuid, "userId" uuid, "dueDate" date, "dueAt" timestamptz, "dueZone" text)
        join tasks on tasks.id = reminder."taskId"
        join goals on goals.id = tasks.goal_id
        where tasks.deleted_at is null and tasks.status in ('TODO', 'IN_PROGRESS', 'BLOCKED')
          and goals.status = 'ACTIVE' and goals.deleted_at is null
          and coalesce(tasks.assigned_to, tasks.owner_id) = reminder."userId"
          and tasks.due_date is not distinct from reminder."dueDate"
          and tasks.due_at is not distinct from reminder."dueAt"
          and tasks.due_zone is not distinct from reminder."dueZone"`,
  )
