import { type SQL, sql } from 'drizzle-orm'

/** Rows that were not deleted; restoring brings them back. */
export const live = sql`deleted_at is null`
export const deleted = sql`deleted_at is not null`

/** Placeholders `actorId` and `asAdmin`. Every query of a goal or a task uses them. */
export const actorId = sql`${sql.placeholder('actorId')}::uuid`
const admin = sql`${sql.placeholder('asAdmin')}::boolean`

export const goalWritableBy = (id: SQL, isAdmin: SQL) => sql`(goals.user_id = ${id} or ${isAdmin})`
export const goalWritable = goalWritableBy(actorId, admin)
/**
 * Whether `user` is assigned a task of the goal that lives, or that went with its `deletion`. Two look-ups, each along an index:
 * joined, they would begin with everything that is assigned to the user, and under one OR with the whole table.
 */
const isAssignedIn = (goalId: SQL, deletion: SQL, user: SQL) => sql`(
  exists (select from tasks mine where mine.goal_id = ${goalId} and mine.assigned_to = ${user} and mine.deleted_at is null offset 0)
  or exists (select from tasks mine where mine.delete_cascade_id = ${deletion} and mine.assigned_to = ${user} offset 0))`

/** An assignee of a task sees its goal's header, deleted or not; what a header is, the service decides. */
export const goalReadable = sql`(goals.user_id = ${actorId} or ${admin} or
  ${isAssignedIn(sql`goals.id`, sql`goals.delete_cascade_id`, actorId)})`

/** The same of the goal of the task `row`. */
const seesGoalOf = (row: string, user: SQL) => {
  const goalId = sql`${sql.identifier(row)}.goal_id`
  return isAssignedIn(goalId, sql`(select goals.delete_cascade_id from goals where goals.id = ${goalId})`, user)
}

/** Who made a task in somebody else's goal works on it as its owner does, for as long as they see the goal. */
export const taskCreated = sql`(tasks.user_id = ${actorId} and ${seesGoalOf('tasks', actorId)})`
/** Whether the principal may do with the task what the owner of its goal may. */
export const taskOwned = sql`(tasks.owner_id = ${actorId} or ${admin} or ${taskCreated})`
/** An assignee sees a task; which fields they may change, the service decides. */
export const taskVisible = sql`(tasks.owner_id = ${actorId} or tasks.assigned_to = ${actorId} or ${admin} or ${taskCreated})`

/** Who may see an event of the task `row`: its goal's owner, its assignee, and its creator where that is somebody else who sees the goal. */
export const taskReaders = (row: string) => {
  const r = sql.identifier(row)
  return sql`array[${r}.owner_id, ${r}.assigned_to,
    case when ${r}.user_id <> ${r}.owner_id and ${seesGoalOf(row, sql`${r}.user_id`)} then ${r}.user_id end]`
}
