import type { GoalState } from '@goals-tasks/db'
import type { EventType } from '@goals-tasks/events'
import { Problem } from '@goals-tasks/http'
import { checkFreeForm } from '../../resource/free-form.ts'
import { checkTransition } from '../../resource/transitions.ts'
import type { Closing } from './schemas.ts'
import { defaultOpenTasks, type GoalVerb, goalTransitions, isClosed, type OpenTasks } from './states.ts'

/** The state of a goal before a change and the state that the request wants. */
type Change = { current: GoalState; next: GoalState }

/** Decides a change that its precondition admits. @throws Problem 409 for the transition, 422 for metadata or tags */
export function checkGoalChange({ current, next }: Change, verb?: GoalVerb): void {
  checkTransition(goalTransitions, current.status, next.status, verb)
  checkFreeForm(next)
}

/** Returns what becomes of the open tasks. */
export function openTasksPolicy({ current, next }: Change, { openTasks }: Closing): OpenTasks {
  if (isClosed(current.status) || !isClosed(next.status)) return 'keep'
  return openTasks ?? defaultOpenTasks[next.status]
}

/** Returns the cascade that the change undoes: the one that closed the tasks of the goal, if any. */
export const cascadeToReopen = ({ current, next }: Change, closeCascadeId: string | null): string | null =>
  isClosed(current.status) && !isClosed(next.status) ? closeCascadeId : null

/** Returns the events of the change: the primary one, then the milestones that it reaches. */
export function goalEvents({ current, next }: Change): EventType[] {
  const completes = next.status === 'COMPLETED' && current.status !== 'COMPLETED'
  return completes ? ['goal:updated', 'goal:completed'] : ['goal:updated']
}

/** @throws Problem 409 when open tasks may not be completed with the goal and the request does not force it */
export function checkUncompletableTasks(tasks: readonly string[], { force }: Closing): void {
  if (tasks.length === 0 || force) return
  throw new Problem(
    'task-blocked',
    `${tasks.length} open tasks of the goal are blocked. Complete or unblock them, or send force=true.`,
    { extra: { tasks: tasks.slice(0, 100) } },
  )
}
