import { type SQL, sql } from 'drizzle-orm'

/** Rows that were not deleted; restoring brings them back. */
export const live = sql`deleted_at is null`

/** Placeholders `principalId` and `admin`; they stand in every query that touches a goal or a task. */
export const principalId = sql`${sql.placeholder('principalId')}::uuid`
const admin = sql`${sql.placeholder('admin')}::boolean`

export const goalWritableBy = (id: SQL, isAdmin: SQL) => sql`(goals.user_id = ${id} or ${isAdmin})`
export const goalWritable = goalWritableBy(principalId, admin)
/** An assignee of a live task sees that goal's header; what a header is, the service decides. */
export const goalReadable = sql`(goals.user_id = ${principalId} or ${admin} or exists (
  select from tasks where tasks.goal_id = goals.id and tasks.assigned_to = ${principalId} and tasks.deleted_at is null))`
/** Which fields an assignee may change, the service decides. */
export const taskVisible = sql`(tasks.owner_id = ${principalId} or tasks.assigned_to = ${principalId} or ${admin})`
export const taskOwned = sql`(tasks.owner_id = ${principalId} or ${admin})`
