import type pg from 'pg'
import type { LocalClock } from './local-clock.ts'
import type { Person } from './people.ts'
import { dueHeading, type Notice } from './plan.ts'

export type DueTask = { title: string; owner: Person; assignee: Person; dueAtMs: number }

/** Inserts one goal per task, and the task, which is due at an instant in the zone of its assignee. */
export async function insertDueTasksOf(pool: pg.Pool, tasks: readonly DueTask[]): Promise<void> {
  for (const { title, owner, assignee, dueAtMs } of tasks)
    await pool.query(
      `with goal as (insert into goals (user_id, title) values ($1, 'a goal') returning id)
       insert into tasks (goal_id, owner_id, user_id, assigned_to, title, due_at, due_zone)
       select id, $1, $1, $2, $3, $4, $5 from goal`,
      [owner.id, assignee.id, title, new Date(dueAtMs).toISOString(), assignee.zone],
    )
}

/** Returns the reminders of a task: 24 hours before, and when the due day begins in the zone of the task. */
export function dueNotices(
  { title, assignee, dueAtMs }: DueTask,
  { clock, startMs, stepMs }: { clock: LocalClock; startMs: number; stepMs: number },
): Notice[] {
  const dueDate = clock.date(clock.indexOf(dueAtMs))
  const firstMinute = Array.from({ length: clock.length }, (_, i) => i).find((i) => clock.date(i) === dueDate) ?? 0
  return [dueAtMs - 86_400_000, clock.timeOf(firstMinute)]
    .filter((at) => at >= startMs)
    .map((at) => ({
      ...{ userId: assignee.id, kind: 'task-due-soon', heading: dueHeading(title) },
      // A look finds the reminders from before its time.
      step: Math.floor((at - startMs) / stepMs) + 1,
    }))
}
