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

type Assignment = { goalId: SQL; deletion: SQL; user: SQL; except?: SQL }

/**
 * Returns the predicate "`user` is assigned a task of the goal that is live or was deleted with it (`deletion`)", other
 * than the task `except`. Each half is a lookup along an index. As a join, Postgres would start with all tasks of the
 * assignee; with one OR, it would read the whole table.
 */
function isAssignedIn({ goalId, deletion, user, except }: Assignment): SQL {
  const other = except ? sql` and assigned.id <> ${except}` : sql``
  return sql`(
  exists (
    select from tasks assigned
    where assigned.goal_id = ${goalId} and assigned.assigned_to = ${user} and assigned.deleted_at is null${other}
    offset 0
  ) or exists (
    select from tasks assigned
    where assigned.delete_cascade_id = ${deletion} and assigned.assigned_to = ${user}${other} offset 0
  ))`
}

/** Returns the predicate "`id` may read the goal or, as an assignee of one of its tasks, its summary". */
export const goalReadableBy = (id: SQL, isAdmin: SQL) => sql`(goals.user_id = ${id} or ${isAdmin} or
  ${isAssignedIn({ goalId: sql`goals.id`, deletion: sql`goals.delete_cascade_id`, user: id })})`

/** The actor may read the goal or, as an assignee of one of its tasks, its summary. */
export const goalReadable = goalReadableBy(actorId, admin)

/** Returns the predicate "`user` is an assignee in the goal of the task `row`". */
const isAssignedInGoalOf = (row: string, user: SQL) => {
  const goalId = sql`${sql.identifier(row)}.goal_id`
  const deletion = sql`(select goals.delete_cascade_id from goals where goals.id = ${goalId})`
  return isAssignedIn({ goalId, deletion, user })
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

/** Returns uuid[], with nulls: the owner of a task's goal, its assignee, and its creator when `seesGoal` holds. */
const readersOf = (row: SQL, seesGoal: SQL) => sql`array[${row}.owner_id, ${row}.assigned_to,
    case when ${row}.user_id <> ${row}.owner_id and ${seesGoal} then ${row}.user_id end]`

/**
 * Returns the users who may see the task `row` (uuid[], with nulls), as the statement sees its goal: the owner of the
 * goal, the assignee, and the creator if that is another user who sees the goal.
 */
export function taskReaders(row: 'old' | 'tasks'): SQL {
  const r = sql.identifier(row)
  return readersOf(sql`${r}`, isAssignedInGoalOf(row, sql`${r}.user_id`))
}

/**
 * Returns the same for the row `new` of an UPDATE. The statement still sees the row as it was before, so an assignment
 * that ends with this change does not count. Other rows of the same statement count as they were before.
 */
export const taskReadersAfter = readersOf(
  sql`new`,
  isAssignedIn({
    goalId: sql`new.goal_id`,
    deletion: sql`(select goals.delete_cascade_id from goals where goals.id = new.goal_id)`,
    user: sql`new.user_id`,
    except: sql`new.id`,
  }),
)
