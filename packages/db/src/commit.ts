import type { AggregateType } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { announced, announcedEvents, announcementValues } from './announce.ts'
import type { Change, Committed } from './change.ts'
import { assignments } from './columns.ts'
import { createGoals, createTasks } from './create.ts'
import { type GoalState, goalFields, type TaskState, taskFields } from './fields.ts'
import { goalJson, taskJson } from './representation.ts'
import { goals } from './schema/goals.ts'
import { tasks } from './schema/tasks.ts'
import { type Executor, prepareStatement } from './statement.ts'
import { goalWritable, taskOwned, taskVisible } from './visibility.ts'

export type Commit = ReturnType<typeof createCommit>

/**
 * The one place where a change of a single entity meets Postgres: the row, its events, their readers and their deliveries
 * in one prepared statement. It either happened altogether, and then a `Committed` comes back, or not at all:
 * null says that no row fitted (gone, not the principal's, another version), and a new read tells which.
 */
export function createCommit(on: Executor) {
  return {
    createGoal: createGoals(on),
    updateGoal: (change: Change<GoalState & At>) => commitOne(on, statements.updateGoal, change),
    /** Its goal must be open, live and the principal's, and stays so until the commit. */
    createTask: createTasks(on),
    /** Soft; its goal stays as it is. */
    deleteTask: (change: Change<At>) => commitOne(on, statements.deleteTask, change),
    updateTask: (change: Change<TaskState & At>) => commitOne(on, statements.updateTask, change),
  }
}

/** Which row, and the version that the change was computed from. */
type At = { id: string; version: number }
type Statement = ReturnType<typeof prepareStatement<Committed>>

async function commitOne(
  on: Executor,
  statement: Statement,
  { by, values, announcement }: Change<Record<string, unknown>>,
) {
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
  tags: JSON.stringify(values.tags),
  metadata: JSON.stringify(values.metadata),
})

const at = sql`id = ${sql.placeholder('id')} and version = ${sql.placeholder('version')} and deleted_at is null`

const statements = {
  updateGoal: change(
    'goal_update',
    'goal',
    sql`
    update goals set ${assignments(goals, goalFields)}, version = version + 1
    where ${at} and ${goalWritable}
    returning id, new.version, ${goalJson('old')} as before, ${goalJson('new')} as after, array[new.user_id] as readers`,
  ),
  deleteTask: change(
    'task_delete',
    'task',
    sql`
    update tasks set deleted_at = now(), version = version + 1
    where ${at} and ${taskOwned}
    returning id, new.version, ${taskJson('old')} as before, ${taskJson('new')} as after,
              array[new.owner_id, new.assigned_to] as readers`,
  ),
  updateTask: change(
    'task_update',
    'task',
    sql`
    update tasks set ${assignments(tasks, taskFields)}, version = version + 1
    where ${at} and ${taskVisible}
    returning id, new.version, ${taskJson('old')} as before, ${taskJson('new')} as after,
              array[new.owner_id, old.assigned_to, new.assigned_to] as readers`,
  ),
}

function change(name: string, aggregate: AggregateType, changed: SQL): Statement {
  return prepareStatement<Committed>(
    name,
    sql`with changed as (${changed}), ${announced(aggregate)}
        select after::text as text, version, ${announcedEvents} as events from changed`,
  )
}
