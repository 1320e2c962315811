import type { EntangledState, Executor } from '@goals-tasks/db'
import { loadOpenBlockers } from '@goals-tasks/db'
import type { EventType, Task } from '@goals-tasks/events'
import { forbidden, invalidBody, notFound, Problem } from '@goals-tasks/http'
import { announcementBy, type Caller, type Deps } from '../../deps.ts'
import { checkFreeForm } from '../../resource/free-form.ts'
import { patchFields } from '../../resource/merge-patch.ts'
import { type Answer, changeEntity, type Step } from '../../resource/optimistic-change.ts'
import type { Precondition } from '../../resource/precondition.ts'
import { checkTransition } from '../../resource/transitions.ts'
import { placeOf, refuseUnusable } from './blockers.ts'
import { checkDue } from './due.ts'
import { canonical } from './normalize.ts'
import { checkTaskChange } from './permissions.ts'
import { loadTask, type StoredTask, taskShownAs } from './read.ts'
import { changesEdges, crosses, isEntangled, lockForChange, type Reach, writeLocked } from './relations.ts'
import type { TaskPatch } from './schemas.ts'
import { isHeld, type TaskVerb, taskTransitions, taskVerbTarget } from './states.ts'

export type TaskStep = Step<StoredTask, EntangledState>
type Wanted = {
  state: (task: EntangledState) => EntangledState
  touches: readonly string[]
  verb?: TaskVerb
  force?: boolean | undefined
} & Partial<Reach>

/** Applies a merge patch. @returns the task as it then is, untouched when nothing would change */
export function patchTask(
  deps: Deps,
  caller: Caller,
  id: string,
  { version: _, force, ...patch }: TaskPatch,
  precondition: Precondition,
): Promise<Answer> {
  const fields = canonical(patch)
  const named = patch.dependencies ?? []
  const wanted: Wanted = {
    state: (task) => patchFields(task, fields),
    touches: Object.keys(fields),
    force,
    blockers: named,
    refuse: (added, blockers) => refuseUnusable(named, added, blockers),
    goalId: fields.goalId,
  }
  return changeTask(deps, caller, id, wanted, precondition)
}

/** Takes a task to the state that the verb leads to. */
export function moveTask(
  deps: Deps,
  caller: Caller,
  id: string,
  verb: TaskVerb,
  { force }: { force?: boolean },
  precondition: Precondition,
): Promise<Answer> {
  const state = (task: EntangledState): EntangledState => ({ ...task, status: taskVerbTarget(verb, task) })
  return changeTask(deps, caller, id, { state, touches: ['status'], verb, force }, precondition)
}

/** Makes a task wait for another, which the caller can see. Saying so twice changes nothing. */
export async function addDependency(
  deps: Deps,
  caller: Caller,
  id: string,
  blockerId: string,
  precondition: Precondition,
): Promise<Answer> {
  const blocker = await loadTask(deps, deps.db, caller, blockerId)
  const wanted: Wanted = {
    state: (task) =>
      task.dependencies.includes(blocker.id) ? task : { ...task, dependencies: [...task.dependencies, blocker.id] },
    touches: ['dependencies'],
    blockers: [blocker.id],
    refuse(_, [found]) {
      if (!found) throw notFound('task')
      if (found.deleted) throw new Problem('deleted', 'The task that would be waited for is deleted.')
    },
  }
  return changeTask(deps, caller, id, wanted, precondition)
}

/** A task waits no more for another, whatever has become of that one. */
export function removeDependency(
  deps: Deps,
  caller: Caller,
  id: string,
  blockerId: string,
  precondition: Precondition,
): Promise<Answer> {
  const state = (task: EntangledState): EntangledState => ({
    ...task,
    dependencies: task.dependencies.filter((other) => other !== blockerId.toLowerCase()),
  })
  return changeTask(deps, caller, id, { state, touches: ['dependencies'] }, precondition)
}

function changeTask(deps: Deps, caller: Caller, id: string, wanted: Wanted, precondition: Precondition) {
  const reach: Reach = { blockers: [], refuse: () => undefined, ...wanted }
  const announcement = (step: TaskStep) =>
    announcementBy(caller, announced(step), isForced(step) ? 'forced' : undefined)
  return changeEntity<StoredTask, EntangledState>(deps, {
    load: (on) => loadTask(deps, on, caller, id),
    precondition,
    shownAs: taskShownAs,
    touches: wanted.touches,
    states(stored) {
      const current = JSON.parse(stored.text) as Task
      return { current, next: inKnownOrder(current, wanted.state(current)) }
    },
    async decide(on, step) {
      const { stored, current, next } = step
      checkTaskChange(stored, current, next)
      checkTransition(taskTransitions, current.status, next.status, wanted.verb)
      await checkBlock(on, step, wanted.force ?? false)
      checkFreeForm(next)
      checkDue(next)
      checkEdges(reach, stored.id, current, next)
      return { ...next, ...blockOf(current, next) }
    },
    entangled: isEntangled,
    write: (step) =>
      deps.commit.updateTask({
        by: caller,
        values: { ...step.next, id: step.stored.id, version: step.stored.version, unlessAwaited: crosses(step) },
        announcement: announcement(step),
      }),
    lock: (tx, step) => lockForChange(tx, reach, step),
    writeLocked: (tx, step) => writeLocked(tx, caller, reach, step, announcement(step)),
  })
}

/** Which tasks it waits for is a set: another order of the same ones is no change. */
function inKnownOrder<S extends EntangledState>(current: S, next: S): S {
  return changesEdges({ current, next }) ? next : { ...next, dependencies: current.dependencies }
}

const isForced = ({ current, next }: TaskStep) => current.status === 'BLOCKED' && next.status === 'COMPLETED'

/** @throws Problem 409 naming what is waited for, when the way out of BLOCKED is not the caller's to take */
async function checkBlock(on: Executor, { stored, current, next }: TaskStep, force: boolean): Promise<void> {
  if (!isHeld(current, next.status)) return
  if (force && next.status === 'COMPLETED') {
    if (stored.owned) return
    throw forbidden('Only the owner of its goal may force a blocked task.')
  }
  const blockers = await loadOpenBlockers(on, stored.id)
  const why = current.blockKind === 'MANUAL' ? 'was blocked by hand' : `waits for what is open: ${blockers.length}`
  throw new Problem('task-blocked', `It ${why}.`, { extra: { blockers } })
}

const maxDependencies = 100

function checkEdges({ blockers }: Reach, id: string, current: EntangledState, next: EntangledState): void {
  if (next.dependencies.includes(id))
    throw invalidBody([{ pointer: placeOf(blockers, id), detail: 'is the task itself, which cannot wait for itself' }])
  if (next.dependencies.length > maxDependencies && next.dependencies.length > current.dependencies.length)
    throw new Problem('too-many-dependencies', `A task waits for at most ${maxDependencies} others.`)
}

/** Of which kind a block is, and what the task was before it. */
function blockOf(current: EntangledState, next: EntangledState): Pick<EntangledState, 'blockKind' | 'blockedFrom'> {
  if (next.status !== 'BLOCKED') return { blockKind: null, blockedFrom: null }
  return current.status === 'BLOCKED'
    ? { blockKind: current.blockKind, blockedFrom: current.blockedFrom }
    : { blockKind: 'MANUAL', blockedFrom: current.status }
}

/** The primary event, then the milestones that the change reached. */
function announced({ current, next }: TaskStep): EventType[] {
  const completed = next.status === 'COMPLETED' && current.status !== 'COMPLETED'
  const assigned = next.assignedTo !== null && next.assignedTo !== current.assignedTo
  return [
    'task:updated',
    ...(completed ? (['task:completed'] as const) : []),
    ...(assigned ? (['task:assigned'] as const) : []),
  ]
}
