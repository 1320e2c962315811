import type { CommittedEvent, Goal, Task } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { openTask, recomputeBlocks, waits } from './blocks.ts'
import { completion } from './commit.ts'
import { type EventMetadata, emitEvents, emittedEvents, goalChanged, metadataValues, taskChanged } from './events.ts'
import { dependentsOf, lockTasks } from './locks.ts'

/**
 * Changes of a goal together with its tasks, under one `cascadeId`. The caller holds the goal's row lock, so no task joins
 * or leaves the goal. Its tasks and their dependents are locked here, in the order of their ids.
 */

/** Metadata of a cascade. Undoing it finds its rows by `cascadeId`. */
export type CascadeMetadata = Omit<EventMetadata, 'types'> & { cascadeId: string }

const idsOfLive = prepareStatement<{ id: string }>(
  'tasks_live_of_goal',
  sql`select id from tasks where goal_id = ${sql.placeholder('goalId')}::uuid and deleted_at is null`,
)
const idsOfOpen = prepareStatement<{ id: string }>(
  'tasks_open_of_goal',
  sql`select id from tasks where goal_id = ${sql.placeholder('goalId')}::uuid and deleted_at is null and status in ${openTask}`,
)

/** Locks the tasks that `find` returns and their dependents. @returns both, as of the lock */
export async function lockWithDependents(tx: Tx, find: () => Promise<{ id: string }[]>) {
  let ids: string[] = []
  let dependents: string[] = []
  // Three ids and thousands need different plans, so each statement is planned for its own values.
  await tx.query('set local plan_cache_mode = force_custom_plan')
  await lockTasks(tx, async () => {
    ids = (await find()).map((row) => row.id)
    dependents = await dependentsOf(tx, ids)
    return [...new Set([...ids, ...dependents])]
  })
  return { ids, dependents }
}

type Emitted = { events: CommittedEvent[] }

/** Prepares a statement over many rows, whose events go into the transaction. */
export function cascadeStatement(
  name: string,
  changed: ReturnType<typeof sql>,
  { aggregate = 'task', reason }: { aggregate?: 'goal' | 'task'; reason?: ReturnType<typeof sql> } = {},
) {
  const statement = prepareStatement<Emitted>(
    name,
    sql`with changed as (${changed}), ${emitEvents(aggregate, reason ? { reason } : {})} select ${emittedEvents} as events`,
  )
  return async (tx: Tx, values: Record<string, unknown>): Promise<void> => {
    const [emitted] = await statement(tx, values)
    tx.events.push(...(emitted?.events ?? []))
  }
}

const cascadeId = sql`${sql.placeholder('cascadeId')}::uuid`

const deleteTasks = cascadeStatement(
  'tasks_delete_of_goal',
  sql`update tasks set deleted_at = now(), delete_cascade_id = ${cascadeId}, version = version + 1
      where id = any(${sql.placeholder('ids')}::uuid[]) and deleted_at is null returning ${taskChanged}`,
)
const deleteGoal = cascadeStatement(
  'goal_delete',
  sql`update goals set deleted_at = now(), delete_cascade_id = ${cascadeId}, version = version + 1
      where id = ${sql.placeholder('goalId')}::uuid and deleted_at is null returning ${goalChanged}`,
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
  sql`select id from tasks where id = any(${sql.placeholder('ids')}::uuid[])
        and (block_kind = 'MANUAL' or ${waits(sql`blocker.deleted_at is null and blocker.id <> all(${sql.placeholder('ids')}::uuid[])`)})
      order by id`,
)

const closeTasks = cascadeStatement(
  'tasks_close_of_goal',
  sql`update tasks set status = ${sql.placeholder('status')}::task_status, block_kind = null, blocked_from = null,
        ${completion},
        closed_from = jsonb_build_object('status', status, 'blockKind', block_kind, 'blockedFrom', blocked_from),
        close_cascade_id = ${cascadeId}, version = version + 1
      where id = any(${sql.placeholder('ids')}::uuid[])
      returning ${taskChanged},
        case when id = any(${sql.placeholder('forced')}::uuid[]) then 'forced' else ${sql.placeholder('reason')}::text end as reason`,
  { reason: sql`changed.reason` },
)
const markGoal = prepareStatement<object>(
  'goal_mark_cascade',
  sql`update goals set close_cascade_id = ${cascadeId} where id = ${sql.placeholder('goalId')}::uuid`,
)

/** Locks the open tasks of a goal. @returns them and their dependents */
export const lockOpenTasks = (tx: Tx, goalId: string) => lockWithDependents(tx, () => idsOfOpen(tx, { goalId }))

/** Returns the open tasks of a goal that may not be completed with it: blocked by hand, or by an open task outside. */
export const loadUncompletableTasks = async (on: Executor, ids: readonly string[]): Promise<string[]> =>
  (await uncompletable(on, { ids })).map((row) => row.id)

/** The tasks to close. The events of the `forced` ones, which could not be completed otherwise, have the reason `forced`. */
type Closing = { ids: readonly string[]; dependents: readonly string[]; forced?: readonly string[] }

/** Closes the open tasks of a goal. The caller closes the goal itself. */
export async function closeTasksOfGoal(
  tx: Tx,
  goalId: string,
  { ids, dependents, forced = [] }: Closing,
  status: Extract<Task['status'] & Goal['status'], 'COMPLETED' | 'CANCELLED'>,
  metadata: CascadeMetadata,
): Promise<void> {
  await markGoal(tx, { goalId, cascadeId: metadata.cascadeId })
  const types = status === 'COMPLETED' ? (['task:updated', 'task:completed'] as const) : (['task:updated'] as const)
  await closeTasks(tx, { ids, forced, status, ...metadataValues({ ...metadata, types }) })
  await recomputeBlocks(tx, dependents, metadata)
}

const idsClosedBy = prepareStatement<{ id: string }>(
  'tasks_closed_by',
  sql`select id from tasks where close_cascade_id = ${cascadeId} and deleted_at is null`,
)

/** The status before the cascade, blocks aside. Tasks that reopen in the same cascade count as open blockers. */
const openedTo = sql`case when closed_from->>'status' = 'BLOCKED' then closed_from->>'blockedFrom' else closed_from->>'status' end::text::task_status`
const byHand = sql`closed_from->>'blockKind' = 'MANUAL'`
const blockedAgain = waits(
  sql`blocker.deleted_at is null`,
  sql`(blocker.status in ${openTask} or blocker.close_cascade_id = ${sql.placeholder('closedBy')}::uuid)`,
)

const reopenTasks = cascadeStatement(
  'tasks_reopen_of_goal',
  sql`update tasks set
        status = case when ${byHand} or reopened.blocked then 'BLOCKED' else reopened.status end,
        block_kind = case when ${byHand} then 'MANUAL'::block_kind when reopened.blocked then 'DEPENDENCY' end,
        blocked_from = case when ${byHand} or reopened.blocked then reopened.status end,
        completed_at = null, close_cascade_id = null, version = version + 1
      from (select id as task_id, ${blockedAgain} as blocked, ${openedTo} as status from tasks where id = any(${sql.placeholder('ids')}::uuid[]) offset 0) reopened
      where tasks.id = reopened.task_id returning ${taskChanged}`,
)
const unmarkGoal = prepareStatement<object>(
  'goal_unmark_cascade',
  sql`update goals set close_cascade_id = null where id = ${sql.placeholder('goalId')}::uuid`,
)

/** Reopens exactly the tasks that the cascade `closedBy` closed and that nobody changed or deleted since. */
export async function reopenTasksOfGoal(
  tx: Tx,
  goalId: string,
  closedBy: string,
  metadata: CascadeMetadata,
): Promise<void> {
  const { ids, dependents } = await lockWithDependents(tx, () => idsClosedBy(tx, { cascadeId: closedBy }))
  // Two cascades are involved: `closedBy` selects the tasks, the events carry the new one.
  await reopenTasks(tx, { ...metadataValues({ ...metadata, types: ['task:updated'] }), ids, closedBy })
  await unmarkGoal(tx, { goalId })
  await recomputeBlocks(tx, dependents, metadata)
}
