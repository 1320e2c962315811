import { sql } from 'drizzle-orm'
import { check, date, index, integer, jsonb, numeric, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { blockKind, instant, lifecycle, priority, taskStatus } from './columns.ts'
import { goals } from './goals.ts'

/** The condition "the task is live and open". */
const open = sql.raw(`deleted_at is null and status in ('TODO', 'IN_PROGRESS', 'BLOCKED')`)

export const tasks = pgTable(
  'tasks',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    goalId: uuid('goal_id')
      .notNull()
      .references(() => goals.id),
    /** The goal's owner. A goal never changes its owner, so access to a task is decided without a join. */
    ownerId: uuid('owner_id').notNull(),
    userId: uuid('user_id').notNull(),
    assignedTo: uuid('assigned_to'),
    title: text('title').notNull(),
    description: text('description'),
    status: taskStatus('status').notNull().default('TODO'),
    blockKind: blockKind('block_kind'),
    blockedFrom: taskStatus('blocked_from'),
    priority: priority('priority').notNull().default('MEDIUM'),
    dueDate: date('due_date', { mode: 'string' }),
    dueAt: instant('due_at'),
    dueZone: text('due_zone'),
    estimatedHours: numeric('estimated_hours', { precision: 8, scale: 2, mode: 'number' }),
    actualHours: numeric('actual_hours', { precision: 8, scale: 2, mode: 'number' }),
    /** The edges in task_dependencies, in the order of the request. Written together with them. */
    dependencies: jsonb('dependencies').$type<string[]>().notNull().default([]),
    /** The number of tasks that depend on this one. When it is 0, completing the task touches no other row. */
    dependentsCount: integer('dependents_count').notNull().default(0),
    /** The state before the task closed with its goal. Valid only while `close_cascade_id` is set. */
    closedFrom: jsonb('closed_from').$type<{ status: string; blockKind: string | null; blockedFrom: string | null }>(),
    ...lifecycle(),
  },
  (t) => [
    // GET /v1/goals/{id}/tasks, and the cascades of a goal.
    index('tasks_goal_newest')
      .on(t.goalId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.deletedAt} is null`),
    // GET /v1/tasks: everything in an owner's goals.
    index('tasks_owner_newest')
      .on(t.ownerId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.deletedAt} is null`),
    // GET /v1/tasks?assignedTo=me
    index('tasks_assignee_newest')
      .on(t.assignedTo, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.deletedAt} is null and ${t.assignedTo} is not null`),
    // The check whether a user is assigned a task in a goal, and so sees the goal.
    index('tasks_assignee_goal')
      .on(t.assignedTo, t.goalId)
      .where(sql`${t.deletedAt} is null and ${t.assignedTo} is not null`),
    // GET /v1/tasks: the tasks that a user created in the goals of others. Only an administrator can, so they are few.
    index('tasks_creator_newest')
      .on(t.userId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.deletedAt} is null and ${t.userId} <> ${t.ownerId}`),
    // The progress of a goal, from this index alone.
    index('tasks_progress')
      .on(t.goalId, t.status, t.estimatedHours)
      .where(sql`${t.deletedAt} is null and ${t.status} <> 'CANCELLED'`),
    // The tasks that closed with a goal, to reopen them with it.
    index('tasks_close_cascade').on(t.closeCascadeId).where(sql`${t.closeCascadeId} is not null`),
    // The tasks that were deleted with a goal, to restore them with it.
    index('tasks_delete_cascade').on(t.deleteCascadeId).where(sql`${t.deleteCascadeId} is not null`),
    // The lists with `deleted=`.
    index('tasks_goal_deleted')
      .on(t.goalId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.deletedAt} is not null`),
    index('tasks_owner_deleted')
      .on(t.ownerId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.deletedAt} is not null`),
    index('tasks_assignee_deleted')
      .on(t.assignedTo, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.deletedAt} is not null and ${t.assignedTo} is not null`),
    // The purge.
    index('tasks_deleted_at').on(t.deletedAt).where(sql`${t.deletedAt} is not null`),
    // The reminders of tasks that are due on a day.
    index('tasks_due_date').on(t.dueDate, t.id).where(sql`${t.dueDate} is not null and ${open}`),
    // The zones of tasks that are due at an instant, and their reminders.
    index('tasks_due_at')
      .on(sql`(coalesce(due_zone, 'UTC'))`, t.dueAt, t.id)
      .where(sql`${t.dueAt} is not null and ${open}`),
    check('tasks_title_length', sql`char_length(${t.title}) between 1 and 200`),
    check('tasks_completed_at', sql`(${t.status} = 'COMPLETED') = (${t.completedAt} is not null)`),
    check('tasks_block', sql`(${t.status} = 'BLOCKED') = (${t.blockKind} is not null)`),
    check('tasks_blocked_from', sql`(${t.status} = 'BLOCKED') = (${t.blockedFrom} is not null)`),
    check('tasks_hours', sql`${t.estimatedHours} >= 0 and ${t.actualHours} >= 0`),
    check('tasks_due', sql`${t.dueDate} is null or ${t.dueAt} is null`),
  ],
)
