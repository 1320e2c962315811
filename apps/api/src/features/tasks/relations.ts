import {
  type Committed,
  dependentsOf,
  type EventMetadata,
  findCycle,
  lockEdges,
  lockGoals,
  lockTasks,
  neighboursOf,
  openTask,
  prepareStatement,
  recomputeBlocks,
  taskVisible,
  updateTaskWithEdges,
} from '@goals-tasks/db'
import { invalidBody, Problem } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps, TxDeps } from '../../deps.ts'
import { type Actor, actorValues } from '../../resource/actor.ts'
import { checkGoalAcceptsTasks, goalFull, hasRoom } from './capacity.ts'
import type { StoredTask } from './read.ts'
import {
  applyBlockers,
  blockReason,
  changesGoal,
  closesOrReopens,
  edgesBetween,
  pointerTo,
  type TaskChange,
} from './rules.ts'
import { isWorkable } from './states.ts'

/**
 * Changes of a task that touch other rows: its edges, its goal, its dependents. They lock first and then read again:
 * goals, edges, tasks, each in the order of their ids.
 */

/** The rows that a request may touch, for any state that the task may have once it is locked. */
export type LockPlan = {
  /** The tasks that may become blockers, as the client named them. */
  blockers: readonly string[]
  /** Refuses those of the `added` that cannot be blockers. `found` are the ones that the actor can see. */
  checkAdded: (added: readonly string[], found: readonly Blocker[]) => void
  /** The goal that the task may move to. */
  goalId?: string | undefined
}

export async function lockRelations(
  { db }: TxDeps,
  { blockers, goalId }: LockPlan,
  id: string,
  { current, next }: TaskChange,
): Promise<void> {
  const owners = goalId === undefined ? [] : await lockGoals(db, [current.goalId, goalId])
  if (blockers.length > 0 || owners.length > 1) await lockEdges(db, id, blockers, owners)
  await lockTasks(db, async () => [id, ...next.dependencies, ...(await neighboursOf(db, [id]))])
}

/** Writes a change under its locks, and blocks or unblocks the dependents of the task. */
export async function writeWithRelations(
  tx: TxDeps,
  actor: Actor,
  plan: LockPlan,
  { stored, current, next, metadata }: TaskChange & { stored: StoredTask; metadata: EventMetadata },
): Promise<Committed | null> {
  const { added, removed } = edgesBetween({ current, next })
  if (changesGoal({ current, next })) await checkNewGoal(tx, actor, next.goalId)
  if (added.length > 0) await checkAddedEdges(tx, actor, plan, stored.id, { current, next, added })

  const written = applyBlockers(next, await isAnyOpen(tx, next.dependencies))
  const committed = await updateTaskWithEdges(tx.db, {
    values: { ...written, id: stored.id, version: stored.version, added, removed },
    metadata: { ...metadata, reason: blockReason(next, written) ?? metadata.reason },
  })
  if (committed && closesOrReopens({ current, next }))
    await recomputeBlocks(tx.db, await dependentsOf(tx.db, [stored.id]), {
      ...metadata,
      causationId: committed.events[0]?.id,
    })
  return committed
}

async function checkNewGoal(tx: TxDeps, actor: Actor, goalId: string): Promise<void> {
  await checkGoalAcceptsTasks(tx, actor, goalId)
  if (!(await hasRoom(tx.db, goalId))) throw goalFull()
}

async function checkAddedEdges(
  tx: TxDeps,
  actor: Actor,
  plan: LockPlan,
  id: string,
  { current, next, added }: TaskChange & { added: string[] },
): Promise<void> {
  const blockers = await loadBlockers(tx, actor, added)
  plan.checkAdded(added, blockers)
  const cycle = await findCycle(tx.db, id, added)
  if (cycle) throw new Problem('dependency-cycle', 'The tasks would depend on each other.', { extra: { cycle } })
  const open = blockers.filter((blocker) => blocker.open).map((blocker) => blocker.id)
  if (open.length > 0 && next.status === 'COMPLETED' && isWorkable(current.status))
    throw new Problem('task-blocked', 'The task would get open blockers and be completed at the same time.', {
      extra: { blockers: open },
    })
}

export type Blocker = { id: string; open: boolean; deleted: boolean }

const visibleTasks = prepareStatement<Blocker>(
  'task_blockers_visible',
  sql`select id, status in ${openTask} and deleted_at is null as open, deleted_at is not null as deleted
      from tasks where id = any(${sql.placeholder('ids')}::uuid[]) and ${taskVisible}`,
)

/** Loads those of the tasks that the actor may see. */
export const loadBlockers = ({ db }: Pick<Deps, 'db'>, actor: Actor, ids: readonly string[]): Promise<Blocker[]> =>
  visibleTasks(db, { ids, ...actorValues(actor) })

/** @throws Problem 422 with a pointer to each of the `added` that does not exist, is not visible or is deleted */
export function checkUsableBlockers(
  named: readonly string[],
  added: readonly string[],
  found: readonly Blocker[],
): void {
  const usable = new Set(found.filter((blocker) => !blocker.deleted).map((blocker) => blocker.id))
  const errors = added
    .filter((id) => !usable.has(id))
    .map((id) => ({ pointer: pointerTo(named, id), detail: 'is not a task that can be a blocker' }))
  if (errors.length > 0) throw invalidBody(errors)
}

const anyOpen = prepareStatement<object>(
  'task_any_open',
  sql`select 1 from tasks where id = any(${sql.placeholder('ids')}::uuid[]) and deleted_at is null
        and status in ${openTask} limit 1`,
)

/** Whether any of the tasks is open, visible to the actor or not. */
const isAnyOpen = async ({ db }: TxDeps, ids: readonly string[]): Promise<boolean> =>
  ids.length > 0 && (await anyOpen(db, { ids })).length > 0
