import { invalidBody } from '@goals-tasks/http'

/** A task is due on a day, or at an instant meant in a zone. @throws Problem 422 */
export function checkDue(task: { dueDate: string | null; dueAt: string | null; dueZone: string | null }): void {
  if (task.dueDate !== null && task.dueAt !== null)
    throw invalidBody([{ pointer: '/dueAt', detail: 'and dueDate exclude each other' }])
  if (task.dueZone === null) return
  if (task.dueAt === null) throw invalidBody([{ pointer: '/dueZone', detail: 'needs a dueAt' }])
  if (!isZone(task.dueZone)) throw invalidBody([{ pointer: '/dueZone', detail: 'is not an IANA time zone' }])
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
