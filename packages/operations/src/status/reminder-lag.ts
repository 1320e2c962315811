import { type Executor, loadReminderProgress } from '@goals-tasks/db'

/** Returns for how many seconds due reminders have not been made. */
export async function loadReminderLag(db: Executor): Promise<number> {
  const { madeUntil, now } = await loadReminderProgress(db)
  return Math.max(0, (Date.parse(now) - Date.parse(madeUntil)) / 1_000)
}
