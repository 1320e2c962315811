import { randomUUID } from 'node:crypto'
import {
  type Committed,
  closeTasksOfGoal,
  commitWithin,
  type GoalState,
  loadNotToBeCompleted,
  lockOpenTasks,
  reopenTasksOfGoal,
  type Tx,
} from '@goals-tasks/db'
import type { EventType, Goal } from '@goals-tasks/events'
import { Problem } from '@goals-tasks/http'
import { announcementBy, type Caller, type Deps } from '../../deps.ts'
import { checkFreeForm } from '../../resource/free-form.ts'
import { patchFields } from '../../resource/merge-patch.ts'
import { type Answer, changeEntity, type Step } from '../../resource/optimistic-change.ts'
import type { Precondition } from '../../resource/precondition.ts'
import { checkTransition } from '../../resource/transitions.ts'
import { goalShownAs, loadOwnGoal, type StoredGoal } from './read.ts'
import type { Closing, GoalPatch } from './schemas.ts'
import {
  defaultOpenTasks,
  type GoalVerb,
  goalTransitions,
  goalVerbTargets,
  isClosed,
  type OpenTasks,
} from './states.ts'

type GoalStep = Step<StoredGoal, GoalState>
type Wanted = { state: (goal: GoalState) => GoalState; touches: readonly string[]; closing: Closing; verb?: GoalVerb }

/** Applies a merge patch. @returns the goal as it then is, untouched when nothing would change */
export function patchGoal(
  deps: Deps,
  caller: Caller,
  id: string,
  patch: GoalPatch,
  precondition: Precondition,
): Promise<Answer> {
  const { version: _, openTasks, force, ...fields } = patch
  const closing = { ...(openTasks ? { openTasks } : {}), ...(force ? { force } : {}) }
  const wanted = { state: (goal: GoalState) => patchFields(goal, fields), touches: Object.keys(fields), closing }
  return changeGoal(deps, caller, id, wanted, precondition)
}

/** Takes a goal to the state that the verb leads to. Closing it and opening it again may take its tasks along. */
export function moveGoal(
  deps: Deps,
  caller: Caller,
  id: string,
  verb: GoalVerb,
  closing: Closing,
  precondition: Precondition,
): Promise<Answer> {
  const state = (goal: GoalState): GoalState => ({ ...goal, status: goalVerbTargets[verb] })
  return changeGoal(deps, caller, id, { state, touches: ['status'], closing, verb }, precondition)
}

function changeGoal(deps: Deps, caller: Caller, id: string, wanted: Wanted, precondition: Precondition) {
  return changeEntity<StoredGoal, GoalState>(deps, {
    load: (on) => loadOwnGoal(deps, on, caller, id),
    precondition,
    shownAs: goalShownAs,
    touches: wanted.touches,
    states(stored) {
      const current = JSON.parse(stored.text) as Goal
      return { current, next: wanted.state(current) }
    },
    async decide(_on, { current, next }) {
      checkTransition(goalTransitions, current.status, next.status, wanted.verb)
      checkFreeForm(next)
      return next
    },
    entangled: (step) => closesTasks(step, wanted.closing) !== 'keep' || reopensTasks(step),
    write: (step) => deps.commit.updateGoal(changeOf(caller, step)),
    lock: async (tx) => {
      await loadOwnGoal(deps, tx, caller, id, { locked: true })
    },
    writeLocked: (tx, step) => writeWithTasks(tx, caller, step, wanted.closing),
  })
}

function changeOf(caller: Caller, { stored, current, next }: GoalStep, cascadeId?: string) {
  const completes = next.status === 'COMPLETED' && current.status !== 'COMPLETED'
  const types: EventType[] = completes ? ['goal:updated', 'goal:completed'] : ['goal:updated']
  return {
    by: caller,
    values: { ...next, id: stored.id, version: stored.version },
    announcement: { ...announcementBy(caller, types), cascadeId },
  }
}

/** What becomes of its open tasks. */
function closesTasks({ current, next }: GoalStep, { openTasks }: Closing): OpenTasks {
  if (isClosed(current.status) || !isClosed(next.status)) return 'keep'
  return openTasks ?? defaultOpenTasks[next.status]
}

const reopensTasks = ({ stored, current, next }: GoalStep) =>
  stored.closeCascadeId !== null && isClosed(current.status) && !isClosed(next.status)

async function writeWithTasks(tx: Tx, caller: Caller, step: GoalStep, closing: Closing): Promise<Committed> {
  const { id, closeCascadeId } = step.stored
  const cascadeId = randomUUID()
  const why = (reason: string) => ({ ...announcementBy(caller, [], reason), cascadeId })
  const openTasks = closesTasks(step, closing)
  const open = openTasks === 'keep' ? undefined : await lockOpenTasks(tx, id)
  const forced = open && openTasks === 'complete' ? await loadNotToBeCompleted(tx, open.ids) : []
  if (!closing.force) refuseBlocked(forced)
  const concernsTasks = open !== undefined || reopensTasks(step)
  const committed = await commitWithin(tx).updateGoal(changeOf(caller, step, concernsTasks ? cascadeId : undefined))
  if (!committed) throw new Error('a locked goal was no more what was read')
  const closed = open
    ? await closeTasksOfGoal(
        tx,
        id,
        { ...open, forced },
        openTasks === 'complete' ? 'COMPLETED' : 'CANCELLED',
        why(step.next.status === 'COMPLETED' ? 'goal-completed' : 'goal-cancelled'),
      )
    : []
  const reopened =
    reopensTasks(step) && closeCascadeId ? await reopenTasksOfGoal(tx, id, closeCascadeId, why('goal-reopened')) : []
  return { ...committed, events: [...committed.events, ...closed, ...reopened] }
}

function refuseBlocked(tasks: readonly string[]): void {
  if (tasks.length === 0) return
  throw new Problem(
    'task-blocked',
    `Open tasks of it are blocked: ${tasks.length}. With force they are completed all the same.`,
    {
      extra: { tasks: tasks.slice(0, 100) },
    },
  )
}
