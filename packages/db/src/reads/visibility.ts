import { type SQL, sql } from 'drizzle-orm'
import { uuid } from '../engine/parameters.ts'

/** Rows that are not deleted. A deleted row can be restored until it is purged. */
export const live = sql`deleted_at is null`
export const deleted = sql`deleted_at is not null`

/*
 * Predicates over `goals` and `tasks` with the placeholders `actorId` and `asAdmin`. Every query of a goal or a task
 * contains one of them.
 */

export const actorId = uuid('actorId')
const admin = sql`${sql.placeholder('asAdmin')}::boolean`

/** Returns the predicate "`id` may change the goal". */
export const goalWritableBy = (id: SQL, isAdmin: SQL) => sql`(goals.user_id = ${id} or ${isAdmin})`

/**
 * Returns the predicate "`user` is assigned a task of the goal that is live or was deleted with it (`deletion`)".
 * Each half is a lookup along an index. As a join, Postgres would start with all tasks of the assignee; with one OR, it
 * would read the whole table.
 */
const isAssignedIn = (goalId: SQL, deletion: SQL, user: SQL) => sql`(
  exists (
    select from tasks assigned
    where assigned.goal_id = ${goalId} and assigned.assigned_to = ${user} and assigned.deleted_at is null offset 0
  ) or exists (
    select from tasks assigned
    where assigned.delete_cascade_id = ${deletion} and assigned.assigned_to = ${user} offset 0
  ))`

/** The actor may read the goal or, as an assignee of one of its tasks, its summary. */
export const goalReadable = sql`(goals.user_id = ${actorId} or ${admin} or
  ${isAssignedIn(sql`goals.id`, sql`goals.delete_cascade_id`, actorId)})`

/** Returns the predicate "`user` is an assignee in the goal of the task `row`". */
const isAssignedInGoalOf = (row: string, user: SQL) => {
  const goalId = sql`${sql.identifier(row)}.goal_id`
  return isAssignedIn(goalId, sql`(select goals.delete_cascade_id from goals where goals.id = ${goalId})`, user)
}

const taskCreatedBy = (id: SQL) => sql`(tasks.user_id = ${id} and ${isAssignedInGoalOf('tasks', id)})`
/** Returns the predicate "`id` has the rights of the goal's owner to the task". */
export const taskOwnedBy = (id: SQL, isAdmin: SQL) =>
  sql`(tasks.owner_id = ${id} or ${isAdmin} or ${taskCreatedBy(id)})`
/** Returns the predicate "`id` may read the task". */
export const taskVisibleBy = (id: SQL, isAdmin: SQL) => sql`(
  tasks.owner_id = ${id} or tasks.assigned_to = ${id} or ${isAdmin} or ${taskCreatedBy(id)})`

/**
 * The actor created the task and sees its goal. Only an administrator can create a task in the goal of another user.
 * That creator has the owner's rights to the task while they see the goal.
 */
export const taskCreated = taskCreatedBy(actorId)
/** The actor has the rights of the goal's owner to the task. */
export const taskOwned = taskOwnedBy(actorId, admin)
/** The actor may read the task. An assignee may; the service decides which fields an assignee may change. */
export const taskVisible = taskVisibleBy(actorId, admin)

/**
 * Returns the users who may see an event of the task `row` (uuid[], with nulls): the owner of its goal, its assignee,
 * and its creator if that is another user who sees the goal.
 */
export const taskReaders = (row: string) => {
  const r = sql.identifier(row)
  const seesGoal = isAssignedInGoalOf(row, sql`${r}.user_id`)
  return sql`array[${r}.owner_id, ${r}.assigned_to,
    case when ${r}.user_id <> ${r}.owner_id and ${seesGoal} then ${r}.user_id end]`
}
