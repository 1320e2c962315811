import type { CommittedEvent, Goal, Task } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { openTask, settleBlocks, waits } from './blocks.ts'
import { completion } from './commit.ts'
import {
  type Announcement,
  announced,
  announcedEvents,
  announcementValues,
  goalChanged,
  taskChanged,
} from './events.ts'
import { dependentsOf, lockTasks } from './locks.ts'

/**
 * What happens to a goal and its tasks at once, under one `cascadeId`. The caller holds the goal's row lock, so no task can
 * join it or leave it; its tasks and whoever waits for them are locked here, in the order of their ids.
 */

/** Why and by whom; the id under which it can be undone exactly. */
export type CascadeAnnouncement = Omit<Announcement, 'types'> & { cascadeId: string }

const idsOfLive = prepareStatement<{ id: string }>(
  'tasks_live_of_goal',
  sql`select id from tasks where goal_id = ${sql.placeholder('goalId')}::uuid and deleted_at is null`,
)
const idsOfOpen = prepareStatement<{ id: string }>(
  'tasks_open_of_goal',
  sql`select id from tasks where goal_id = ${sql.placeholder('goalId')}::uuid and deleted_at is null and status in ${openTask}`,
)

/** Locks the tasks that `find` gives and those that wait for them. @returns both, as they stand once locked */
export async function lockWithDependents(tx: Tx, find: () => Promise<{ id: string }[]>) {
  let ids: string[] = []
  let dependents: string[] = []
  // Whether there are three ids or thousands decides how these statements are best run: each is planned for its own.
  await tx.query('set local plan_cache_mode = force_custom_plan')
  await lockTasks(tx, async () => {
    ids = (await find()).map((row) => row.id)
    dependents = await dependentsOf(tx, ids)
    return [...new Set([...ids, ...dependents])]
  })
  return { ids, dependents }
}

/** A statement over many tasks, with the events that it announced. */
export const cascadeStatement = (name: string, changed: ReturnType<typeof sql>, aggregate: 'goal' | 'task' = 'task') =>
  prepareStatement<{ events: CommittedEvent[] }>(
    name,
    sql`with changed as (${changed}), ${announced(aggregate)} select ${announcedEvents} as events`,
  )

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
  'goal',
)

/** Deletes a goal and its live tasks. Whoever waited for one of them from another goal waits no more. */
export async function deleteGoalCascade(
  tx: Tx,
  goalId: string,
  announcement: CascadeAnnouncement,
): Promise<CommittedEvent[]> {
  const { ids, dependents } = await lockWithDependents(tx, () => idsOfLive(tx, { goalId }))
  const tell = (types: Announcement['types']) => announcementValues({ ...announcement, types })
  const [ofTasks] = await deleteTasks(tx, { ids, ...tell(['task:deleted']) })
  const [ofGoal] = await deleteGoal(tx, { goalId, ...tell(['goal:deleted']) })
  const freed = await settleBlocks(tx, dependents, announcement)
  return [...(ofGoal?.events ?? []), ...(ofTasks?.events ?? []), ...freed]
}

const notToBeCompleted = prepareStatement<{ id: string }>(
  'tasks_not_to_be_completed',
  sql`select id from tasks where id = any(${sql.placeholder('ids')}::uuid[])
        and (block_kind = 'MANUAL' or ${waits(sql`blocker.deleted_at is null and blocker.id <> all(${sql.placeholder('ids')}::uuid[])`)})
      order by id`,
)

const closeTasks = prepareStatement<{ events: CommittedEvent[] }>(
  'tasks_close_of_goal',
  sql`with changed as (
      update tasks set status = ${sql.placeholder('status')}::task_status, block_kind = null, blocked_from = null,
        ${completion},
        closed_from = jsonb_build_object('status', status, 'blockKind', block_kind, 'blockedFrom', blocked_from),
        close_cascade_id = ${cascadeId}, version = version + 1
      where id = any(${sql.placeholder('ids')}::uuid[])
      returning ${taskChanged},
        case when id = any(${sql.placeholder('forced')}::uuid[]) then 'forced' else ${sql.placeholder('reason')}::text end as reason
    ), ${announced('task', { reason: sql`changed.reason` })} select ${announcedEvents} as events`,
)
const markGoal = prepareStatement<object>(
  'goal_mark_cascade',
  sql`update goals set close_cascade_id = ${cascadeId} where id = ${sql.placeholder('goalId')}::uuid`,
)

/** Locks the open tasks of a goal. @returns them, and who waits for them */
export const lockOpenTasks = (tx: Tx, goalId: string) => lockWithDependents(tx, () => idsOfOpen(tx, { goalId }))

/** Those of a goal's open tasks that may not be completed along with it: blocked by hand, or waiting for an open task outside. */
export const loadNotToBeCompleted = async (on: Executor, ids: readonly string[]): Promise<string[]> =>
  (await notToBeCompleted(on, { ids })).map((row) => row.id)

/**
 * Closes the open tasks of a goal along with it; the goal itself the caller closes. Of the `forced`, which would not be
 * completed otherwise, the events say so.
 */
export async function closeTasksOfGoal(
  tx: Tx,
  goalId: string,
  {
    ids,
    dependents,
    forced = [],
  }: { ids: readonly string[]; dependents: readonly string[]; forced?: readonly string[] },
  status: Extract<Task['status'] & Goal['status'], 'COMPLETED' | 'CANCELLED'>,
  announcement: CascadeAnnouncement,
): Promise<CommittedEvent[]> {
  await markGoal(tx, { goalId, cascadeId: announcement.cascadeId })
  const types = status === 'COMPLETED' ? (['task:updated', 'task:completed'] as const) : (['task:updated'] as const)
  const [closed] = await closeTasks(tx, { ids, forced, status, ...announcementValues({ ...announcement, types }) })
  const freed = await settleBlocks(tx, dependents, announcement)
  return [...(closed?.events ?? []), ...freed]
}

const idsClosedBy = prepareStatement<{ id: string }>(
  'tasks_closed_by',
  sql`select id from tasks where close_cascade_id = ${cascadeId} and deleted_at is null`,
)

/** What it was, were it not for those that it waits for; those that reopen with it count as open. */
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

/** Undoes the closing `closedBy` of a goal's tasks: of exactly those that it closed and that nobody changed or deleted since. */
export async function reopenTasksOfGoal(
  tx: Tx,
  goalId: string,
  closedBy: string,
  announcement: CascadeAnnouncement,
): Promise<CommittedEvent[]> {
  const { ids, dependents } = await lockWithDependents(tx, () => idsClosedBy(tx, { cascadeId: closedBy }))
  const values = announcementValues({ ...announcement, types: ['task:updated'] })
  // Two cascades meet here: the one that is undone tells which tasks, the new one is what its events say.
  const [reopened] = await reopenTasks(tx, { ...values, ids, closedBy })
  await unmarkGoal(tx, { goalId })
  const blocked = await settleBlocks(tx, dependents, announcement)
  return [...(reopened?.events ?? []), ...blocked]
}
