import type { AggregateType } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { goals } from '../schema/goals.ts'
import { tasks } from '../schema/tasks.ts'
import type { Change, Committed } from './change.ts'
import { assignments } from './columns.ts'
import { createGoalIn, createGoals, createTaskIn, createTasks } from './create.ts'
import { announced, announcedEvents, announcementValues, goalChanged, taskChanged } from './events.ts'
import { type GoalState, goalFields, type TaskState, taskFields } from './fields.ts'
import { goalWritable, taskOwned, taskVisible } from './visibility.ts'

export type Commit = ReturnType<typeof createCommit>

/**
 * The one place where a change of a single entity meets Postgres: the row, its events, their readers and their deliveries
 * in one prepared statement. It either happened altogether, and then a `Committed` comes back, or not at all:
 * null says that no row fitted (gone, not the principal's, another version), and a new read tells which.
 */
export const createCommit = (on: Executor) => ({
  createGoal: createGoals(on),
  /** Its goal must be open, live and the principal's, and stays so until the commit. */
  createTask: createTasks(on),
  ...changes(on),
})

/** The same in a transaction of the caller's, so that it commits with whatever else that does. */
export const commitWithin = (tx: Tx): Commit => ({
  createGoal: (change) => createGoalIn(tx, change),
  createTask: (change) => createTaskIn(tx, change),
  ...changes(tx),
})

const changes = (on: Executor) => ({
  updateGoal: (change: Change<GoalState & At>) => commitOne(on, statements.updateGoal, change),
  updateTask: (change: Change<TaskState & At & Dependents>) => commitOne(on, statements.updateTask, change),
  /** Soft; its goal stays as it is. */
  deleteTask: (change: Change<At & Dependents>) => commitOne(on, statements.deleteTask, change),
})

/** Which row, and the version that the change was computed from. */
type At = { id: string; version: number }
/** Whether the change concerns those who wait for the task. Then no row fits if there are any, unless the caller holds their locks. */
type Dependents = { unlessAwaited: boolean }
type Statement = ReturnType<typeof prepareStatement<Committed>>

/** One change by a statement whose CTE `changed` gives at most one row. */
export async function commitOne(
  on: Executor,
  statement: Statement,
  { by, values, announcement }: Change<Record<string, unknown>>,
): Promise<Committed | null> {
  const [committed] = await statement(on, {
    ...parameters(values),
    principalId: by.id,
    admin: by.admin,
    ...announcementValues(announcement),
  })
  return committed ?? null
}

/** The driver would send an array as a Postgres array; these columns hold JSON. */
const parameters = (values: Record<string, unknown>) => ({
  ...values,
  ...('tags' in values ? { tags: JSON.stringify(values.tags), metadata: JSON.stringify(values.metadata) } : {}),
})

export const at = sql`id = ${sql.placeholder('id')} and version = ${sql.placeholder('version')} and deleted_at is null`
const alone = sql`not (${sql.placeholder('unlessAwaited')}::boolean and dependents_count > 0)`
/** Who leaves the state that the closing of its goal gave it is no more part of that. */
const leavesCascade = sql`close_cascade_id = case when status = ${sql.placeholder('status')}::task_status then close_cascade_id end`

/** Set on entering COMPLETED, kept while there, cleared on leaving: by the same clock as `updated_at`. */
export const completion = sql`completed_at = case when ${sql.placeholder('status')} = 'COMPLETED' then coalesce(completed_at, now()) end`

/** A statement that changes one row, announces that, and does what stands `alongside` in further CTEs. */
export function changeStatement(name: string, aggregate: AggregateType, changed: SQL, alongside = sql``): Statement {
  return prepareStatement<Committed>(
    name,
    sql`with changed as (${changed}), ${announced(aggregate)}${alongside}
        select after::text as text, version, ${announcedEvents} as events from changed`,
  )
}

const statements = {
  updateGoal: changeStatement(
    'goal_update',
    'goal',
    sql`update goals set ${assignments(goals, goalFields)}, ${completion}, version = version + 1
        where ${at} and ${goalWritable} returning ${goalChanged}`,
  ),
  deleteTask: changeStatement(
    'task_delete',
    'task',
    sql`update tasks set deleted_at = now(), version = version + 1
        where ${at} and ${taskOwned} and ${alone} returning ${taskChanged}`,
  ),
  updateTask: changeStatement(
    'task_update',
    'task',
    sql`update tasks set ${assignments(tasks, taskFields)}, ${completion}, ${leavesCascade}, version = version + 1
        where ${at} and ${taskVisible} and ${alone} returning ${taskChanged}`,
  ),
}
