import type { Goal, Task } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { uuid, uuids } from '../engine/parameters.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { openTask, recomputeBlocks, waits } from './blocks.ts'
import { type CascadeMetadata, cascadeStatement, lockWithDependents } from './cascade-statement.ts'
import { completion } from './change-statement.ts'
import { goalChanged, metadataValues, taskChanged } from './events.ts'

/**
 * Changes of a goal together with its tasks, under one `cascadeId`. The caller holds the goal's row lock, so no task
 * joins or leaves the goal. Its tasks and their dependents are locked here, in the order of their ids.
 */

const idsOfLive = prepareStatement<{ id: string }>(
  'tasks_live_of_goal',
  sql`select id from tasks where goal_id = ${uuid('goalId')} and deleted_at is null`,
)
const idsOfOpen = prepareStatement<{ id: string }>(
  'tasks_open_of_goal',
  sql`select id from tasks where goal_id = ${uuid('goalId')} and deleted_at is null and status in ${openTask}`,
)

const deleteTasks = cascadeStatement(
  'tasks_delete_of_goal',
  sql`update tasks set deleted_at = now(), delete_cascade_id = ${uuid('cascadeId')}, version = version + 1
      where id = any(${uuids('ids')}) and deleted_at is null returning ${taskChanged}`,
)
const deleteGoal = cascadeStatement(
  'goal_delete',
  sql`update goals set deleted_at = now(), delete_cascade_id = ${uuid('cascadeId')}, version = version + 1
      where id = ${uuid('goalId')} and deleted_at is null returning ${goalChanged}`,
  { aggregate: 'goal' },
)

/** Deletes a goal and its live tasks. Unblocks the tasks of other goals that waited for one of them. */
export async function deleteGoalCascade(tx: Tx, goalId: string, metadata: CascadeMetadata): Promise<void> {
  const { ids, dependents } = await lockWithDependents(tx, () => idsOfLive(tx, { goalId }))
  await deleteTasks(tx, { ids, ...metadataValues({ ...metadata, types: ['task:deleted'] }) })
  await deleteGoal(tx, { goalId, ...metadataValues({ ...metadata, types: ['goal:deleted'] }) })
  await recomputeBlocks(tx, dependents, metadata)
}

const uncompletable = prepareStatement<{ id: string }>(
  'tasks_uncompletable',
  sql`select id from tasks
      where id = any(${uuids('ids')}) and (
        block_kind = 'MANUAL' or ${waits(sql`blocker.deleted_at is null and blocker.id <> all(${uuids('ids')})`)})
      order by id`,
)

const closeTasks = cascadeStatement(
  'tasks_close_of_goal',
  sql`update tasks set status = ${sql.placeholder('status')}::task_status, block_kind = null, blocked_from = null,
        ${completion},
        closed_from = jsonb_build_object('status', status, 'blockKind', block_kind, 'blockedFrom', blocked_from),
        close_cascade_id = ${uuid('cascadeId')}, version = version + 1
      where id = any(${uuids('ids')})
      returning ${taskChanged},
        case when id = any(${uuids('forced')}) then 'forced' else ${sql.placeholder('reason')}::text end as reason`,
  { reason: sql`changed.reason` },
)
const setCloseCascade = prepareStatement<object>(
  'goal_mark_cascade',
  sql`update goals set close_cascade_id = ${uuid('cascadeId')} where id = ${uuid('goalId')}`,
)

/** Locks the open tasks of a goal. @returns their ids and those of their dependents */
export const lockOpenTasks = (tx: Tx, goalId: string) => lockWithDependents(tx, () => idsOfOpen(tx, { goalId }))

/**
 * Returns the tasks among `ids` that cannot be completed together: the ones with a manual block, and the ones with an
 * open blocker that is not among `ids`.
 */
export const loadUncompletableTasks = async (db: Executor, ids: readonly string[]): Promise<string[]> =>
  (await uncompletable(db, { ids })).map((row) => row.id)

/**
 * The tasks to close. The events of the `forced` ones, which could not be completed otherwise, have the reason
 * `forced`.
 */
type Closing = { ids: readonly string[]; dependents: readonly string[]; forced?: readonly string[] }

/** Closes the open tasks of a goal. The caller closes the goal itself. */
export async function closeTasksOfGoal(
  tx: Tx,
  goalId: string,
  { ids, dependents, forced = [] }: Closing,
  status: Extract<Task['status'] & Goal['status'], 'COMPLETED' | 'CANCELLED'>,
  metadata: CascadeMetadata,
): Promise<void> {
  await setCloseCascade(tx, { goalId, cascadeId: metadata.cascadeId })
  const types = status === 'COMPLETED' ? (['task:updated', 'task:completed'] as const) : (['task:updated'] as const)
  await closeTasks(tx, { ids, forced, status, ...metadataValues({ ...metadata, types }) })
  await recomputeBlocks(tx, dependents, metadata)
}

const idsClosedBy = prepareStatement<{ id: string }>(
  'tasks_closed_by',
  sql`select id from tasks where close_cascade_id = ${uuid('cascadeId')} and deleted_at is null`,
)

/** The status before the cascade, without its block. */
const statusBefore = sql`case
    when closed_from->>'status' = 'BLOCKED' then closed_from->>'blockedFrom' else closed_from->>'status'
  end::text::task_status`
const blockedByHand = sql`closed_from->>'blockKind' = 'MANUAL'`
/** The task has an open blocker. Tasks that reopen in the same cascade count as open. */
const blockedAgain = waits(
  sql`blocker.deleted_at is null`,
  sql`(blocker.status in ${openTask} or blocker.close_cascade_id = ${uuid('closedBy')})`,
)

const reopenTasks = cascadeStatement(
  'tasks_reopen_of_goal',
  sql`update tasks set
        status = case when ${blockedByHand} or reopened.blocked then 'BLOCKED' else reopened.status end,
        block_kind = case when ${blockedByHand} then 'MANUAL'::block_kind when reopened.blocked then 'DEPENDENCY' end,
        blocked_from = case when ${blockedByHand} or reopened.blocked then reopened.status end,
        completed_at = null, close_cascade_id = null, version = version + 1
      from (
        select id as task_id, ${blockedAgain} as blocked, ${statusBefore} as status
        from tasks where id = any(${uuids('ids')}) offset 0
      ) reopened
      where tasks.id = reopened.task_id returning ${taskChanged}`,
)
const clearCloseCascade = prepareStatement<object>(
  'goal_unmark_cascade',
  sql`update goals set close_cascade_id = null where id = ${uuid('goalId')}`,
)

/** Reopens exactly the tasks that the cascade `closedBy` closed and that have not been changed or deleted since. */
export async function reopenTasksOfGoal(
  tx: Tx,
  goalId: string,
  closedBy: string,
  metadata: CascadeMetadata,
): Promise<void> {
  const { ids, dependents } = await lockWithDependents(tx, () => idsClosedBy(tx, { cascadeId: closedBy }))
  // Two cascades are involved: `closedBy` selects the tasks, the events carry the new one.
  await reopenTasks(tx, { ...metadataValues({ ...metadata, types: ['task:updated'] }), ids, closedBy })
  await clearCloseCascade(tx, { goalId })
  await recomputeBlocks(tx, dependents, metadata)
}
