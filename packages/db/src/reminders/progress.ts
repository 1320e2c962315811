import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

export type ReminderProgress = {
  /** All reminders that became due before this instant are made. RFC 3339, UTC, like `now`. */
  madeUntil: string
  /** The present instant by the clock of Postgres. */
  now: string
}

/** Loads how far the reminders are made. */
export async function loadReminderProgress(db: Executor): Promise<ReminderProgress> {
  const [progress] = await executeOnce<ReminderProgress>(
    db,
    sql`select rfc3339(made_until) as "madeUntil", rfc3339(now()) as now from reminder_progress`,
    'reminder_progress',
  )
  if (!progress) throw new Error('The table reminder_progress has no row. Insert one: default values.')
  return progress
}

/** Records that all reminders before this instant are made. Another process may have got further already. */
export const saveReminderProgress = (db: Executor, madeUntil: string): Promise<object[]> =>
  executeOnce(
    db,
    sql`update reminder_progress set made_until = ${madeUntil}::timestamptz
        where made_until < ${madeUntil}::timestamptz`,
    'reminder_progress',
  )
