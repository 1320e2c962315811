import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { deleteGoalCascade } from '../changes/cascade.ts'
import { cascadeStatement } from '../changes/cascade-statement.ts'
import { metadataValues, taskChangedUnnoticed } from '../changes/events.ts'
import { lockTasks } from '../changes/locks.ts'
import { purgeTasks, systemActorId } from '../changes/purge.ts'
import { uuid, uuids } from '../engine/parameters.ts'
import { type Executor, executeOnce, prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { noUser } from './bodies.ts'
import { foreignTasks } from './user-tables.ts'

const rowsPerBatch = 500

const idsOf = async (rows: Promise<{ id: string }[]>) => (await rows).map(({ id }) => id)

/** Returns up to 500 goals of the user that are not deleted. */
export const liveGoalsOf = (db: Executor, user: string): Promise<string[]> =>
  idsOf(
    executeOnce(
      db,
      sql`select id from goals where user_id = ${user}::uuid and deleted_at is null limit ${rowsPerBatch}`,
      'user_goals_live',
    ),
  )

const lockGoal = prepareStatement<object>(
  'user_goal_lock',
  sql`select from goals where id = ${uuid('goalId')} for update`,
)

/** Deletes a goal and its tasks, as its owner would. The actor of the events is the nil UUID. */
export async function deleteGoalOfUser(tx: Tx, goalId: string): Promise<void> {
  await lockGoal(tx, { goalId })
  await deleteGoalCascade(tx, goalId, { actorId: systemActorId, cascadeId: randomUUID() })
}

const forgetUser = cascadeStatement(
  'tasks_forget_user',
  sql`update tasks set assigned_to = nullif(assigned_to, ${uuid('user')}),
        user_id = case when user_id = ${uuid('user')} then ${noUser} else user_id end, version = version + 1
      where id = any(${uuids('ids')}) and owner_id <> ${uuid('user')}
        and (assigned_to = ${uuid('user')} or user_id = ${uuid('user')})
      returning ${taskChangedUnnoticed}`,
)

/**
 * Takes the user out of up to 500 tasks of other owners: it ends the assignment, and the creator becomes the nil UUID.
 * @returns how many tasks it found
 */
export async function leaveForeignTasks(tx: Tx, user: string): Promise<number> {
  const ids = await idsOf(
    executeOnce(tx, sql`select id from ${foreignTasks(user)} limit ${rowsPerBatch}`, 'user_tasks_foreign'),
  )
  await lockTasks(tx, async () => ids)
  await forgetUser(tx, { ids, user, ...metadataValues({ types: ['task:updated'], actorId: systemActorId }) })
  return ids.length
}

const purgeGoals = prepareStatement<object>(
  'user_goals_purge',
  sql`delete from goals where id in (
        select id from goals where user_id = ${uuid('user')} and deleted_at is not null
          and not exists (select from tasks where tasks.goal_id = goals.id)
        limit ${sql.placeholder('limit')}::int for update skip locked)
      returning 1`,
)

/** Purges up to 500 deleted tasks, and up to 500 deleted goals without tasks, of the user. @returns how many */
export async function purgeBatchOfUser(tx: Tx, user: string): Promise<{ goals: number; tasks: number }> {
  const ids = await idsOf(
    executeOnce(
      tx,
      sql`select id from tasks where owner_id = ${user}::uuid and deleted_at is not null limit ${rowsPerBatch}`,
      'user_tasks_deleted',
    ),
  )
  const tasks = await purgeTasks(tx, ids)
  const goals = await purgeGoals(tx, { user, limit: rowsPerBatch })
  return { tasks, goals: goals.length }
}
