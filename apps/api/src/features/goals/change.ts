import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  closeTasksOfGoal,
  type GoalState,
  loadUncompletableTasks,
  lockOpenTasks,
  type Outcome,
  reopenTasksOfGoal,
} from '@goals-tasks/db'
import type { EventReason, Goal } from '@goals-tasks/events'
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
import { type Copies, findChanged, readOnlyOfGoals, refuseChanged, splitCopies } from '../../resource/read-only.ts'
import { normalizeFields } from '../../resource/text.ts'
import { cacheKeysOfGoal, loadOwnGoal, type StoredGoal } from './read.ts'
import { cascadeToReopen, checkGoalChange, checkUncompletableTasks, goalEvents, openTasksPolicy } from './rules.ts'
import type { Closing, GoalPatch } from './schemas.ts'
import { type GoalVerb, goalVerbTargets } from './states.ts'

/** The change that a request wants: a merge patch or a verb. `touches` names its fields. */
type Wanted = {
  merge: (goal: GoalState) => GoalState
  touches: readonly string[]
  closing: Closing
  verb?: GoalVerb
  /** Read-only members of a patch. The change is refused when one of them differs from the goal. */
  copies?: Copies
}

/** Applies a merge patch. @returns the goal, unchanged when the patch changes nothing */
export function patchGoal(deps: Deps, actor: Actor, id: string, patch: GoalPatch, precondition: Precondition) {
  const { version: _version, view: _view, openTasks, force, ...members } = patch
  const { given, copies } = splitCopies(members, readOnlyOfGoals)
  const fields = normalizeFields(given)
  const closing = { ...(openTasks ? { openTasks } : {}), ...(force ? { force } : {}) }
  const merge = (goal: GoalState) => patchFields(goal, fields)
  return changeGoal(deps, actor, id, { merge, touches: Object.keys(fields), closing, copies }, precondition)
}

/** Changes the status of a goal by a verb. Closing and reopening may change its tasks, too. */
export function moveGoal(
  deps: Deps,
  actor: Actor,
  id: string,
  { verb, closing }: { verb: GoalVerb; closing: Closing },
  precondition: Precondition,
) {
  const merge = (goal: GoalState): GoalState => ({ ...goal, status: goalVerbTargets[verb] })
  return changeGoal(deps, actor, id, { merge, touches: ['status'], closing, verb }, precondition)
}

function changeGoal(
  deps: Deps,
  actor: Actor,
  id: string,
  { merge, touches, closing, verb, copies = [] }: Wanted,
  precondition: Precondition,
): Promise<EntityText> {
  return changeOptimistically(deps, actor, async (deps, locked) => {
    const stored = await loadOwnGoal(deps, actor, id)
    requireLive(stored)
    const current: GoalState = JSON.parse(stored.text) as Goal
    const next = merge(current)
    const changed = findChanged(copies, current)
    if (isDeepStrictEqual(current, next) && changed.length === 0) return unchanged(stored, cacheKeysOfGoal(stored))
    const rebased = await checkPrecondition(deps, precondition, stored, touches)
    refuseChanged(changed)
    checkGoalChange({ current, next }, verb)

    const change = { stored, current, next, closing }
    const lock = { goalId: id, take: (tx: TxDeps) => loadOwnGoal(tx, actor, id, { locked: true }) }
    if (locked) return written(await writeWithTasks(locked, actor, change), rebased, lock)
    if (touchesTasks(change)) return { outcome: 'needs-locks', lock }
    return written(await writeGoal(deps, actor, change), rebased, lock)
  })
}

type Change = { stored: StoredGoal; current: GoalState; next: GoalState; closing: Closing }

const touchesTasks = (change: Change) =>
  openTasksPolicy(change, change.closing) !== 'keep' || cascadeToReopen(change, change.stored.closeCascadeId) !== null

const writeGoal = ({ commit }: Deps, actor: Actor, { stored, current, next }: Change, cascadeId?: string) =>
  commit.updateGoal({
    values: { ...next, id: stored.id, version: stored.version },
    metadata: { ...eventMetadata(actor, goalEvents({ current, next })), cascadeId },
  })

/** Writes the goal and, with it, closes its open tasks or reopens those that its closing closed. The goal is locked. */
async function writeWithTasks(tx: TxDeps, actor: Actor, change: Change): Promise<Outcome> {
  const { stored, next, closing } = change
  const policy = openTasksPolicy(change, closing)
  const reopens = cascadeToReopen(change, stored.closeCascadeId)
  const open = policy === 'keep' ? null : await lockOpenTasks(tx.db, stored.id)
  const forced = open && policy === 'complete' ? await loadUncompletableTasks(tx.db, open.ids) : []
  checkUncompletableTasks(forced, closing)

  const cascadeId = randomUUID()
  const cascade = (reason: EventReason) => ({ ...eventMetadata(actor, [], reason), cascadeId })
  const committed = await writeGoal(tx, actor, change, open || reopens !== null ? cascadeId : undefined)
  if (open) {
    const status = policy === 'complete' ? 'COMPLETED' : 'CANCELLED'
    const reason = next.status === 'COMPLETED' ? 'goal-completed' : 'goal-cancelled'
    await closeTasksOfGoal(tx.db, stored.id, { ...open, forced }, status, cascade(reason))
  }
  if (reopens !== null) await reopenTasksOfGoal(tx.db, stored.id, reopens, cascade('goal-reopened'))
  return committed
}
