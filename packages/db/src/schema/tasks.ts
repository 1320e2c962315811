import { sql } from 'drizzle-orm'
import { check, date, index, integer, jsonb, numeric, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { blockKind, instant, lifecycle, priority, taskStatus } from './columns.ts'
import { goals } from './goals.ts'

export const tasks = pgTable(
  'tasks',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    goalId: uuid('goal_id')
      .notNull()
      .references(() => goals.id),
    /** The goal's owner. A goal never changes hands, so access to a task is decided without a join. */
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
    /** What an answer shows of the edges in task_dependencies, written with them. */
    dependencies: jsonb('dependencies').$type<string[]>().notNull().default([]),
    /** How many live tasks wait for this one: zero means that completing it concerns nobody else. */
    dependentsCount: integer('dependents_count').notNull().default(0),
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
    check('tasks_title_length', sql`char_length(${t.title}) between 1 and 200`),
    check('tasks_completed_at', sql`(${t.status} = 'COMPLETED') = (${t.completedAt} is not null)`),
    check('tasks_block', sql`(${t.status} = 'BLOCKED') = (${t.blockKind} is not null)`),
    check('tasks_hours', sql`${t.estimatedHours} >= 0 and ${t.actualHours} >= 0`),
    check('tasks_due', sql`${t.dueDate} is null or ${t.dueAt} is null`),
  ],
)
