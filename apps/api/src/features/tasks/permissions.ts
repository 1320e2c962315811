import { isDeepStrictEqual } from 'node:util'
import type { EntangledState } from '@goals-tasks/db'
import { forbidden } from '@goals-tasks/http'

/** What follows from a change of status, whoever made it. */
const assigneeFields: readonly (keyof EntangledState)[] = ['status', 'blockKind', 'blockedFrom', 'actualHours']

/** Its owner may change everything; an assignee the status and the actual hours, and may unassign only themselves. @throws Problem 403 */
export function checkTaskChange(task: { owned: boolean }, current: EntangledState, next: EntangledState): void {
  if (task.owned) return
  const changed = (Object.keys(next) as (keyof EntangledState)[]).filter(
    (field) => !isDeepStrictEqual(current[field], next[field]),
  )
  const refused = changed.filter(
    (field) => !assigneeFields.includes(field) && !(field === 'assignedTo' && next.assignedTo === null),
  )
  if (refused.length > 0) throw forbidden(`An assignee may not change ${refused.join(', ')}.`)
}
