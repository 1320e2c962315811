import {
  type Announcement,
  type Committed,
  dependentsOf,
  type EntangledState,
  findCycle,
  lockEdges,
  lockGoals,
  lockTasks,
  neighboursOf,
  settleBlocks,
  type Tx,
  updateEntangledTask,
} from '@goals-tasks/db'
import { Problem } from '@goals-tasks/http'
import type { Caller } from '../../deps.ts'
import { type Blocker, isAnyOpen, loadBlockers } from './blockers.ts'
import { goalFull, hasRoom } from './capacity.ts'
import type { TaskStep } from './change.ts'
import { whyNoTask } from './create.ts'
import { isClosedTask, isWorkable } from './states.ts'

/**
 * Changes of a task that concern other rows: its edges, its goal, those that wait for it. They lock first, and then read
 * again: goals, edges, tasks, each in the order of their ids.
 */

type Pair = { current: EntangledState; next: EntangledState }

const edgesBetween = ({ current, next }: Pair) => ({
  added: next.dependencies.filter((id) => !current.dependencies.includes(id)),
  removed: current.dependencies.filter((id) => !next.dependencies.includes(id)),
})

export const changesEdges = (pair: Pair): boolean => {
  const { added, removed } = edgesBetween(pair)
  return added.length + removed.length > 0
}

const moves = ({ current, next }: Pair) => current.goalId !== next.goalId

/** Whether it becomes done or undone, which is what others wait for. */
export const crosses = ({ current, next }: Pair): boolean => isClosedTask(current.status) !== isClosedTask(next.status)

/** Whether what it waits for decides where it lands. */
const opens = ({ current, next }: Pair) =>
  next.dependencies.length > 0 && isWorkable(next.status) && !isWorkable(current.status)

export const isEntangled = (step: TaskStep): boolean =>
  changesEdges(step) || moves(step) || opens(step) || (crosses(step) && step.stored.dependentsCount > 0)

/** What a request may lead to, whatever the task has become by the time that it is locked. */
export type Reach = {
  /** The tasks that it may come to wait for, as the client named them. */
  blockers: readonly string[]
  /** Refuses those of the `added` that cannot be waited for; `blockers` are what the caller can see of them. */
  refuse: (added: readonly string[], blockers: readonly Blocker[]) => void
  /** The goal that it may come to stand in. */
  goalId?: string | undefined
}

export async function lockForChange(tx: Tx, reach: Reach, { stored, current, next }: TaskStep): Promise<void> {
  const owners = reach.goalId === undefined ? [] : await lockGoals(tx, [current.goalId, reach.goalId])
  if (reach.blockers.length > 0 || owners.length > 1) await lockEdges(tx, stored.id, reach.blockers, owners)
  await lockTasks(tx, async () => [stored.id, ...next.dependencies, ...(await neighboursOf(tx, [stored.id]))])
}

export async function writeLocked(
  tx: Tx,
  caller: Caller,
  reach: Reach,
  step: TaskStep,
  announcement: Announcement,
): Promise<Committed> {
  const { stored } = step
  const { added, removed } = edgesBetween(step)
  if (moves(step)) await checkNewGoal(tx, caller, step.next.goalId)
  if (added.length > 0) await checkAdded(tx, caller, reach, step, added)
  const next = settled(step.next, await isAnyOpen(tx, step.next.dependencies))
  const values = { ...next, id: stored.id, version: stored.version, added, removed }
  const why = { ...announcement, reason: reasonOf(step.next, next) ?? announcement.reason }
  const committed = await updateEntangledTask(tx, { by: caller, values, announcement: why })
  if (!committed) throw new Error('a locked task was no more what was read')
  if (!crosses(step)) return committed
  const others = await settleBlocks(tx, await dependentsOf(tx, [stored.id]), {
    ...announcement,
    causationId: committed.events[0]?.id,
  })
  return { ...committed, events: [...committed.events, ...others] }
}

async function checkAdded(tx: Tx, caller: Caller, reach: Reach, step: TaskStep, added: string[]) {
  const blockers = await loadBlockers(tx, caller, added)
  reach.refuse(added, blockers)
  const cycle = await findCycle(tx, step.stored.id, added)
  if (cycle) throw new Problem('dependency-cycle', 'The tasks would wait for each other.', { extra: { cycle } })
  const open = blockers.filter((blocker) => blocker.open).map((blocker) => blocker.id)
  if (open.length > 0 && step.next.status === 'COMPLETED' && isWorkable(step.current.status))
    throw new Problem('task-blocked', 'It would wait for what is open, and be completed all the same.', {
      extra: { blockers: open },
    })
}

/** Blocked or not, as what it waits for says; what is closed or blocked by hand stays so. */
function settled(next: EntangledState, waits: boolean): EntangledState {
  if (waits && isWorkable(next.status))
    return { ...next, status: 'BLOCKED', blockKind: 'DEPENDENCY', blockedFrom: next.status }
  if (!waits && next.blockKind === 'DEPENDENCY' && next.blockedFrom !== null)
    return { ...next, status: next.blockedFrom, blockKind: null, blockedFrom: null }
  return next
}

/** What became of it beyond what was wanted. */
function reasonOf(wanted: EntangledState, next: EntangledState): 'blocked' | 'unblocked' | undefined {
  if (wanted.blockKind === next.blockKind) return undefined
  return next.blockKind === null ? 'unblocked' : 'blocked'
}

async function checkNewGoal(tx: Tx, caller: Caller, goalId: string): Promise<void> {
  const problem = await whyNoTask({ db: tx }, caller, goalId)
  if (problem) throw problem
  if (!(await hasRoom(tx, goalId))) throw goalFull()
}
