import type { ReminderProgress, ReminderWindow } from '@goals-tasks/db'

const [minuteMs, hourMs] = [60_000, 3_600_000]
/** A transaction ends after 60 s. So a look sees the tasks whose transactions were open during an earlier look. */
const overlapMs = 2 * minuteMs
/** A reminder that is later than this is not made: the next one of its task is due by then. */
const staleAfterMs = 24 * hourMs
/** The part of a backlog after which the progress is saved. */
const maxWindowMs = hourMs

export type NextWindow = ReminderWindow & {
  /** No later reminder is due yet. */
  isLast: boolean
}

/** Returns the next stretch of time whose reminders are due, or undefined when the clock is behind the progress. */
export function nextWindow(progress: ReminderProgress): NextWindow | undefined {
  const [madeUntil, now] = [Date.parse(progress.madeUntil), Date.parse(progress.now)]
  const oldest = now - staleAfterMs
  const from = Math.max(madeUntil - overlapMs, oldest)
  const to = Math.min(now, Math.max(madeUntil, oldest) + maxWindowMs)
  if (to <= from) return undefined
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), isLast: to === now }
}
