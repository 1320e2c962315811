import { isDeepStrictEqual } from 'node:util'
import type { TaskWithEdges } from '@goals-tasks/db'
import type { EventType } from '@goals-tasks/events'
import { forbidden, invalidBody, Problem } from '@goals-tasks/http'
import { checkFreeForm } from '../../resource/free-form.ts'
import { checkTransition } from '../../resource/transitions.ts'
import { isClosedTask, isHeld, isWorkable, type TaskVerb, taskTransitions } from './states.ts'

/** The state of a task before a change and the state after it. */
export type TaskChange = { current: TaskWithEdges; next: TaskWithEdges }

type Request = {
  verb?: TaskVerb | undefined
  force?: boolean | undefined
  /** The blockers as the client named them, for pointers into its body. */
  named: readonly string[]
}
type Facts = {
  id: string
  /** Whether the actor has the rights of the goal's owner. */
  owned: boolean
  /** The open blockers of the task, when the change leads out of BLOCKED. */
  openBlockers: readonly string[]
}

/**
 * Decides a change that its precondition admits. @returns the state to write
 * @throws Problem 403, 409 or 422, in the order of the contract: permission, transition, block, fields, dependencies
 */
export function decideTaskChange({ current, next }: TaskChange, request: Request, facts: Facts): TaskWithEdges {
  checkPermission({ current, next }, facts)
  checkTransition(taskTransitions, current.status, next.status, request.verb)
  checkBlock({ current, next }, request, facts)
  checkFreeForm(next)
  checkDue(next)
  checkDependencies({ current, next }, request, facts)
  return { ...next, ...blockOf(current, next) }
}

/** Fields that an assignee may change: the status, what follows from it, and the actual hours. */
const assigneeFields: readonly (keyof TaskWithEdges)[] = ['status', 'blockKind', 'blockedFrom', 'actualHours']

/** An assignee may change the status and the actual hours, and may unassign only themselves. */
function checkPermission({ current, next }: TaskChange, { owned }: Facts): void {
  if (owned) return
  const changed = (Object.keys(next) as (keyof TaskWithEdges)[]).filter(
    (field) => !isDeepStrictEqual(current[field], next[field]),
  )
  const refused = changed.filter(
    (field) => !assigneeFields.includes(field) && !(field === 'assignedTo' && next.assignedTo === null),
  )
  if (refused.length > 0) throw forbidden(`An assignee may not change ${refused.join(', ')}.`)
}

/** Only the owner of the goal leaves a block for COMPLETED, by force. A block by dependency lifts itself. */
function checkBlock({ current, next }: TaskChange, { force }: Request, { owned, openBlockers }: Facts): void {
  if (!isHeld(current, next.status)) return
  if (force && next.status === 'COMPLETED') {
    if (owned) return
    throw forbidden('Only the owner of its goal may force a blocked task.')
  }
  const reason =
    current.blockKind === 'MANUAL'
      ? 'The task was blocked by hand'
      : `The task has ${openBlockers.length} open blockers`
  throw new Problem('task-blocked', `${reason}.`, { extra: { blockers: openBlockers } })
}

/** A task is due on a day, or at an instant in a zone. @throws Problem 422 */
export function checkDue(task: { dueDate: string | null; dueAt: string | null; dueZone: string | null }): void {
  if (task.dueDate !== null && task.dueAt !== null)
    throw invalidBody([{ pointer: '/dueAt', detail: 'and dueDate exclude each other' }])
  if (task.dueZone === null) return
  if (task.dueAt === null) throw invalidBody([{ pointer: '/dueZone', detail: 'needs a dueAt' }])
}

const maxDependencies = 100

function checkDependencies({ current, next }: TaskChange, { named }: Request, { id }: Facts): void {
  if (next.dependencies.includes(id))
    throw invalidBody([{ pointer: pointerTo(named, id), detail: 'is the task itself, which cannot depend on itself' }])
  if (next.dependencies.length > maxDependencies && next.dependencies.length > current.dependencies.length)
    throw new Problem('too-many-dependencies', `A task depends on at most ${maxDependencies} others.`)
}

/** Returns the JSON pointer to a dependency that the client named. */
export const pointerTo = (named: readonly string[], id: string): string =>
  `/dependencies/${named.findIndex((other) => other.toLowerCase() === id)}`

/** Returns the kind of block, and the status before it. */
function blockOf(current: TaskWithEdges, next: TaskWithEdges): Pick<TaskWithEdges, 'blockKind' | 'blockedFrom'> {
  if (next.status !== 'BLOCKED') return { blockKind: null, blockedFrom: null }
  return current.status === 'BLOCKED'
    ? { blockKind: current.blockKind, blockedFrom: current.blockedFrom }
    : { blockKind: 'MANUAL', blockedFrom: current.status }
}

export const edgesBetween = ({ current, next }: TaskChange) => ({
  added: next.dependencies.filter((id) => !current.dependencies.includes(id)),
  removed: current.dependencies.filter((id) => !next.dependencies.includes(id)),
})

const changesEdges = (change: TaskChange): boolean => {
  const { added, removed } = edgesBetween(change)
  return added.length + removed.length > 0
}

/** Dependencies are a set: the same ones in another order are no change. */
export const keepOrder = <S extends TaskWithEdges>(current: S, next: S): S =>
  changesEdges({ current, next }) ? next : { ...next, dependencies: current.dependencies }

export const changesGoal = ({ current, next }: TaskChange): boolean => current.goalId !== next.goalId

/** Whether the change closes or reopens the task, which blocks or unblocks its dependents. */
export const closesOrReopens = ({ current, next }: TaskChange): boolean =>
  isClosedTask(current.status) !== isClosedTask(next.status)

/** Whether the blockers of the task decide which status it gets. */
const dependsOnBlockers = ({ current, next }: TaskChange): boolean =>
  next.dependencies.length > 0 && isWorkable(next.status) && !isWorkable(current.status)

/** Whether the change touches rows of other tasks or another goal, and so needs their locks. */
export const touchesOtherTasks = (change: TaskChange, dependentsCount: number): boolean =>
  changesEdges(change) ||
  changesGoal(change) ||
  dependsOnBlockers(change) ||
  (closesOrReopens(change) && dependentsCount > 0)

/** Blocks or unblocks a task by its blockers. A closed task and a manual block stay. */
export function applyBlockers(next: TaskWithEdges, hasOpenBlocker: boolean): TaskWithEdges {
  if (hasOpenBlocker && isWorkable(next.status))
    return { ...next, status: 'BLOCKED', blockKind: 'DEPENDENCY', blockedFrom: next.status }
  if (!hasOpenBlocker && next.blockKind === 'DEPENDENCY' && next.blockedFrom !== null)
    return { ...next, status: next.blockedFrom, blockKind: null, blockedFrom: null }
  return next
}

/** Returns the reason that blockers give a change beyond what the request wanted. */
export function blockReason(wanted: TaskWithEdges, written: TaskWithEdges): 'blocked' | 'unblocked' | undefined {
  if (wanted.blockKind === written.blockKind) return undefined
  return written.blockKind === null ? 'unblocked' : 'blocked'
}

/** Returns the primary event of the change, then the milestones that it reaches. */
export function taskEvents({ current, next }: TaskChange): EventType[] {
  const completed = next.status === 'COMPLETED' && current.status !== 'COMPLETED'
  const assigned = next.assignedTo !== null && next.assignedTo !== current.assignedTo
  return [
    'task:updated',
    ...(completed ? (['task:completed'] as const) : []),
    ...(assigned ? (['task:assigned'] as const) : []),
  ]
}

/** The reason in the events of a blocked task that its owner completes by force. */
export const forcedReason = ({ current, next }: TaskChange): 'forced' | undefined =>
  current.status === 'BLOCKED' && next.status === 'COMPLETED' ? 'forced' : undefined
