import { isDeepStrictEqual } from 'node:util'
import type { TaskState } from '@goals-tasks/db'
import type { Caller } from '../deps.ts'
import { forbidden } from '../errors.ts'

export const ownsTask = (caller: Caller, task: { ownerId: string }) => caller.admin || task.ownerId === caller.id

/** What follows from a change of status, whoever made it. */
const assigneeFields: readonly (keyof TaskState)[] = [
  'status',
  'blockKind',
  'blockedFrom',
  'completedAt',
  'actualHours',
]

/** The goal's owner may change everything; an assignee the status and the actual hours, and may unassign only themselves. @throws Problem 403 */
export function checkTaskChange(caller: Caller, task: { ownerId: string }, current: TaskState, next: TaskState): void {
  if (ownsTask(caller, task)) return
  const changed = (Object.keys(next) as (keyof TaskState)[]).filter(
    (field) => !isDeepStrictEqual(current[field], next[field]),
  )
  const refused = changed.filter(
    (field) => !assigneeFields.includes(field) && !(field === 'assignedTo' && next.assignedTo === null),
  )
  if (refused.length > 0) throw forbidden(`An assignee may not change ${refused.join(', ')}.`)
}
