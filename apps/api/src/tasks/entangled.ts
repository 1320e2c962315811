import {
  type Announcement,
  type Committed,
  dependentsOf,
  type EntangledState,
  findCycle,
  lockEdges,
  lockGoals,
  lockTasks,
  settleBlocks,
  type Tx,
  updateEntangledTask,
} from '@goals-tasks/db'
import type { Caller } from '../deps.ts'
import { Problem } from '../errors.ts'
import { isAnyOpen, loadBlockers, refuseUnusable } from './blockers.ts'
import { checkRoom } from './capacity.ts'
import type { TaskStep } from './change.ts'
import { whyNoTask } from './create.ts'
import { isClosedTask } from './states.ts'

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

const isWorkable = (status: string) => status === 'TODO' || status === 'IN_PROGRESS'

/** Whether what it waits for decides where it lands. */
const opens = ({ current, next }: Pair) =>
  next.dependencies.length > 0 && isWorkable(next.status) && !isWorkable(current.status)

export const isEntangled = (step: TaskStep): boolean =>
  changesEdges(step) || moves(step) || opens(step) || (crosses(step) && step.stored.dependentsCount > 0)

export async function lockForChange(tx: Tx, { stored, current, next }: TaskStep): Promise<void> {
  const { added } = edgesBetween({ current, next })
  if (moves({ current, next })) await lockGoals(tx, [current.goalId, next.goalId])
  if (added.length > 0) await lockEdges(tx, stored.id, added)
  await lockTasks(tx, async () => {
    const dependents = await dependentsOf(tx, [stored.id])
    return [...new Set([stored.id, ...dependents, ...current.dependencies, ...next.dependencies])]
  })
}

export async function writeLocked(
  tx: Tx,
  caller: Caller,
  step: TaskStep,
  announcement: Announcement,
): Promise<Committed> {
  const { stored } = step
  const { added, removed } = edgesBetween(step)
  if (moves(step)) await checkNewGoal(tx, caller, step.next.goalId)
  if (added.length > 0) {
    refuseUnusable(step.next.dependencies, added, await loadBlockers(tx, caller, added))
    const cycle = await findCycle(tx, stored.id, added)
    if (cycle) throw new Problem('dependency-cycle', 'The tasks would wait for each other.', { extra: { cycle } })
  }
  const next = settled(step.next, await isAnyOpen(tx, step.next.dependencies))
  const values = { ...next, id: stored.id, version: stored.version, added, removed }
  const committed = await updateEntangledTask(tx, { by: caller, values, announcement })
  if (!committed) throw new Error('a locked task was no more what was read')
  if (!crosses(step)) return committed
  const others = await settleBlocks(tx, await dependentsOf(tx, [stored.id]), {
    ...announcement,
    causationId: committed.events[0]?.id,
  })
  return { ...committed, events: [...committed.events, ...others] }
}

/** Blocked or not, as what it waits for says; what is closed or blocked by hand stays so. */
function settled(next: EntangledState, waits: boolean): EntangledState {
  if (waits && isWorkable(next.status))
    return { ...next, status: 'BLOCKED', blockKind: 'DEPENDENCY', blockedFrom: next.status }
  if (!waits && next.blockKind === 'DEPENDENCY' && next.blockedFrom !== null)
    return { ...next, status: next.blockedFrom, blockKind: null, blockedFrom: null }
  return next
}

async function checkNewGoal(tx: Tx, caller: Caller, goalId: string): Promise<void> {
  const problem = await whyNoTask({ db: tx }, caller, goalId)
  if (problem) throw problem
  await checkRoom(tx, goalId)
}
