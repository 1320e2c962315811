import type { Task } from '@goals-tasks/events'

/** Returns the day on which a task is due, or the instant as a clock in the task's zone shows it. */
export function dueText({ dueDate, dueAt, dueZone }: Pick<Task, 'dueDate' | 'dueAt' | 'dueZone'>): string {
  if (dueDate !== null) return formatOf('UTC', { dateStyle: 'long' }).format(Date.parse(dueDate))
  const format = formatOf(dueZone ?? 'UTC', { dateStyle: 'long', timeStyle: 'short' })
  return `${format.format(Date.parse(dueAt ?? ''))} (${format.resolvedOptions().timeZone})`
}

/** A row of an earlier version may name a zone that does not exist. It counts as UTC. */
function formatOf(timeZone: string, style: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', { ...style, timeZone })
  } catch (error) {
    if (error instanceof RangeError && timeZone !== 'UTC') return formatOf('UTC', style)
    throw error
  }
}
