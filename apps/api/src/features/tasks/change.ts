import { isDeepStrictEqual } from 'node:util'
import { loadOpenBlockers, type TaskWithEdges } from '@goals-tasks/db'
import type { Task } from '@goals-tasks/events'
import { notFound, Problem } from '@goals-tasks/http'
import type { Deps, TxDeps } from '../../deps.ts'
import { type Actor, eventMetadata } from '../../resource/actor.ts'
import { patchFields } from '../../resource/merge-patch.ts'
import {
  changeOptimistically,
  type EntityText,
  requireLive,
  unchanged,
  written,
} from '../../resource/optimistic-change.ts'
import { checkPrecondition, type Precondition } from '../../resource/precondition.ts'
import { type Copies, findChanged, readOnlyOfTasks, refuseChanged, splitCopies } from '../../resource/read-only.ts'
import { normalize } from './normalize.ts'
import { cacheKeysOfTask, loadTask } from './read.ts'
import { checkUsableBlockers, type LockPlan, lockRelations, writeWithRelations } from './relations.ts'
import { closesOrReopens, decideTaskChange, forcedReason, keepOrder, taskEvents, touchesOtherTasks } from './rules.ts'
import type { TaskPatch } from './schemas.ts'
import { isHeld, type TaskVerb, taskVerbTarget } from './states.ts'

/** The change that a request wants. `touches` names its fields. */
type Wanted = {
  merge: (task: TaskWithEdges) => TaskWithEdges
  touches: readonly string[]
  verb?: TaskVerb
  force?: boolean | undefined
  plan?: LockPlan
  /** Read-only members of a patch. The change is refused when one of them differs from the task. */
  copies?: Copies
}

/** Applies a merge patch. @returns the task, unchanged when the patch changes nothing */
export function patchTask(
  deps: Deps,
  actor: Actor,
  id: string,
  { version: _, force, ...members }: TaskPatch,
  precondition: Precondition,
): Promise<EntityText> {
  const { given, copies } = splitCopies(members, readOnlyOfTasks)
  const fields = normalize(given)
  const blockers = given.dependencies ?? []
  const wanted = {
    merge: (task: TaskWithEdges) => patchFields(task, fields),
    touches: Object.keys(fields),
    force,
    copies,
    plan: {
      blockers,
      checkAdded: (added, found) => checkUsableBlockers(blockers, added, found),
      goalId: fields.goalId,
    } satisfies LockPlan,
  }
  return changeTask(deps, actor, id, wanted, precondition)
}

/** Changes the status of a task by a verb. */
export function moveTask(
  deps: Deps,
  actor: Actor,
  id: string,
  { verb, force }: { verb: TaskVerb; force?: boolean | undefined },
  precondition: Precondition,
): Promise<EntityText> {
  const merge = (task: TaskWithEdges): TaskWithEdges => ({ ...task, status: taskVerbTarget(verb, task) })
  return changeTask(deps, actor, id, { merge, touches: ['status'], verb, force }, precondition)
}

/** Adds a dependency on a blocker that the actor can see. Adding it again changes nothing. */
export async function addDependency(
  deps: Deps,
  actor: Actor,
  id: string,
  blockerId: string,
  precondition: Precondition,
): Promise<EntityText> {
  const blocker = await loadTask(deps, actor, blockerId)
  const wanted: Wanted = {
    merge: (task) =>
      task.dependencies.includes(blocker.id) ? task : { ...task, dependencies: [...task.dependencies, blocker.id] },
    touches: ['dependencies'],
    plan: {
      blockers: [blocker.id],
      checkAdded(_, [found]) {
        if (!found) throw notFound('task')
        if (found.deleted) throw new Problem('deleted', 'The blocker is deleted.')
      },
    },
  }
  return changeTask(deps, actor, id, wanted, precondition)
}

/** Removes a dependency, whatever state the blocker has. */
export function removeDependency(
  deps: Deps,
  actor: Actor,
  id: string,
  blockerId: string,
  precondition: Precondition,
): Promise<EntityText> {
  const merge = (task: TaskWithEdges): TaskWithEdges => ({
    ...task,
    dependencies: task.dependencies.filter((other) => other !== blockerId.toLowerCase()),
  })
  return changeTask(deps, actor, id, { merge, touches: ['dependencies'] }, precondition)
}

const noRelations: LockPlan = { blockers: [], checkAdded: () => undefined }

function changeTask(
  deps: Deps,
  actor: Actor,
  id: string,
  { merge, touches, verb, force, plan = noRelations, copies = [] }: Wanted,
  precondition: Precondition,
): Promise<EntityText> {
  return changeOptimistically(deps, actor, async (deps, locked) => {
    const stored = await loadTask(deps, actor, id)
    requireLive(stored)
    const current: TaskWithEdges = JSON.parse(stored.text) as Task
    const wanted = keepOrder(current, merge(current))
    const changed = findChanged(copies, current)
    if (isDeepStrictEqual(current, wanted) && changed.length === 0) return unchanged(stored, cacheKeysOfTask(stored))
    const rebased = await checkPrecondition(deps, precondition, stored, touches)
    refuseChanged(changed)
    const openBlockers = isHeld(current, wanted.status) ? await loadOpenBlockers(deps.db, stored.id) : []
    const request = { verb, force, named: plan.blockers }
    const next = decideTaskChange({ current, next: wanted }, request, { ...stored, openBlockers })

    const change = { stored, current, next }
    const metadata = eventMetadata(actor, taskEvents(change), forcedReason(change))
    const lock = {
      goalId: stored.goalId,
      take: (tx: TxDeps) => lockRelations(tx, plan, stored.id, change),
    }
    if (locked) return written(await writeWithRelations(locked, actor, plan, { ...change, metadata }), rebased, lock)
    if (touchesOtherTasks(change, stored.dependentsCount)) return { outcome: 'needs-locks', lock }
    const requireNoDependents = closesOrReopens(change)
    const values = { ...next, id: stored.id, version: stored.version, requireNoDependents }
    return written(await deps.commit.updateTask({ values, metadata }), rebased, lock)
  })
}
