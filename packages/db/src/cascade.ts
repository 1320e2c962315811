import type { CommittedEvent } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { type Announcement, announced, announcedEvents, announcementValues } from './announce.ts'
import { goalJson, taskJson } from './representation.ts'
import { prepareStatement } from './statement.ts'
import type { Tx } from './transaction.ts'

const lockTasks = prepareStatement<{ id: string }>(
  'tasks_lock_of_goal',
  sql`select id from tasks where goal_id = ${sql.placeholder('goalId')}::uuid and deleted_at is null order by id for update`,
)

const deleteTasks = prepareStatement<{ events: CommittedEvent[] }>(
  'tasks_delete_of_goal',
  sql`with changed as (
        update tasks set deleted_at = now(), delete_cascade_id = ${sql.placeholder('cascadeId')}::uuid, version = version + 1
        where goal_id = ${sql.placeholder('goalId')}::uuid and deleted_at is null
        returning id, new.version, ${taskJson('old')} as before, ${taskJson('new')} as after, array[new.owner_id, new.assigned_to] as readers
      ), ${announced('task')}
      select ${announcedEvents} as events`,
)

const deleteGoal = prepareStatement<{ events: CommittedEvent[] }>(
  'goal_delete',
  sql`with changed as (
        update goals set deleted_at = now(), delete_cascade_id = ${sql.placeholder('cascadeId')}::uuid, version = version + 1
        where id = ${sql.placeholder('goalId')}::uuid and deleted_at is null
        returning id, new.version, ${goalJson('old')} as before, ${goalJson('new')} as after, array[new.user_id] as readers
      ), ${announced('goal')}
      select ${announcedEvents} as events`,
)

/**
 * Deletes a goal and its live tasks under one `cascadeId`. The caller holds the goal's row lock, so no task can join it;
 * the tasks are locked in the order of their ids, as everywhere, and only a new statement sees what was committed meanwhile.
 */
export async function deleteGoalCascade(
  tx: Tx,
  goalId: string,
  announcement: Omit<Announcement, 'types'> & { cascadeId: string },
): Promise<CommittedEvent[]> {
  const values = { goalId, ...announcementValues({ ...announcement, types: ['task:deleted'] }) }
  // What a CTE returns has no statistics: taken for a few rows, a goal's thousands of tasks would be joined loop in loop.
  await tx.query('set local enable_nestloop = off')
  await lockTasks(tx, { goalId })
  const [ofTasks] = await deleteTasks(tx, values)
  const [ofGoal] = await deleteGoal(tx, {
    ...values,
    ...announcementValues({ ...announcement, types: ['goal:deleted'] }),
  })
  return [...(ofGoal?.events ?? []), ...(ofTasks?.events ?? [])]
}
