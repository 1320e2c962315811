import type { CommittedEvent } from '@goals-tasks/events'
import { Counter } from '@goals-tasks/observability'
import type pg from 'pg'
import { remind } from '../../src/reminders/remind.ts'

export type Due = { dueDate?: string; dueAt?: string; dueZone?: string }
export type MadeReminder = { taskId: string; kind: string; remindOn: string }

/** Inserts an active goal, and returns its id with that of its owner. */
export async function insertGoal(pool: pg.Pool): Promise<{ id: string; userId: string }> {
  const { rows } = await pool.query(
    `insert into goals (user_id, title) values (gen_random_uuid(), 'a goal') returning id, user_id as "userId"`,
  )
  return rows[0]
}

/** Inserts tasks that are due as given, and returns their ids. */
export async function insertDueTasks(
  pool: pg.Pool,
  goal: { id: string; userId: string },
  {
    dueDate = null,
    dueAt = null,
    dueZone = null,
    count = 1,
  }: { [K in keyof Due]?: Due[K] | null } & { count?: number },
): Promise<string[]> {
  const { rows } = await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title, due_date, due_at, due_zone)
     select $1, $2, $2, 'task ' || i, $3, $4, $5 from generate_series(1, $6) i returning id`,
    [goal.id, goal.userId, dueDate, dueAt, dueZone, count],
  )
  return rows.map((row) => row.id as string)
}

/** Says that all reminders before this instant are made. */
export const setMadeUntil = (pool: pg.Pool, instant: string) =>
  pool.query('update reminder_progress set made_until = $1', [instant])

/** Makes the reminders that are due at this instant, as a worker does. @returns their events */
export async function remindAt(pool: pg.Pool, instant: string | number): Promise<CommittedEvent[]> {
  const events: CommittedEvent[] = []
  await remind({
    pool,
    publish: (committed) => void events.push(...committed),
    made: new Counter({ name: 'made', help: 'test', labelNames: ['kind'] as const, registers: [] }),
    signal: new AbortController().signal,
    clock: () => new Date(instant).getTime(),
  })
  return events
}

/** Returns all reminders in the order in which they were made. */
export async function loadReminders(pool: pg.Pool): Promise<MadeReminder[]> {
  const { rows } = await pool.query(
    `select task_id as "taskId", kind, remind_on::text as "remindOn" from reminders order by id`,
  )
  return rows
}
