import type { AggregateType, CommittedEvent, Goal, Task } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { type Announcement, announced, announcedEvents, announcementValues } from './announce.ts'
import { assignments, columnNames, placeholders } from './columns.ts'
import { goalJson, taskJson } from './representation.ts'
import { goals } from './schema/goals.ts'
import { tasks } from './schema/tasks.ts'
import { type Executor, prepareStatement } from './statement.ts'
import { goalWritable, taskOwned, taskVisible } from './visibility.ts'

/** A change as it was committed: the entity's JSON text, its version, and its events for the dispatcher. */
export type Committed = { text: string; version: number; events: CommittedEvent[] }
/** On whose behalf; `admin` reaches what belongs to others. */
export type Principal = { id: string; admin: boolean }
type Change<V> = { by: Principal; values: V; announcement: Announcement }

const newGoalColumns = [
  'id',
  'userId',
  'title',
  'description',
  'priority',
  'targetDate',
  'category',
  'tags',
  'metadata',
] as const
const goalColumns = [
  'title',
  'description',
  'status',
  'priority',
  'targetDate',
  'category',
  'tags',
  'metadata',
  'completedAt',
] as const
const newTaskColumns = [
  'id',
  'goalId',
  'userId',
  'assignedTo',
  'title',
  'description',
  'priority',
  'dueDate',
  'dueAt',
  'dueZone',
  'estimatedHours',
  'actualHours',
  'tags',
  'metadata',
] as const
const taskColumns = [
  'assignedTo',
  'title',
  'description',
  'status',
  'blockKind',
  'blockedFrom',
  'priority',
  'dueDate',
  'dueAt',
  'dueZone',
  'estimatedHours',
  'actualHours',
  'tags',
  'metadata',
  'completedAt',
] as const

export type NewGoal = Pick<Goal, (typeof newGoalColumns)[number]>
export type GoalState = Pick<Goal, (typeof goalColumns)[number]>
export type NewTask = Pick<Task, (typeof newTaskColumns)[number]>
export type TaskState = Pick<Task, (typeof taskColumns)[number]>

export type Commit = ReturnType<typeof createCommit>

/**
 * The one place where a change of a single entity meets Postgres: the row, its events, their readers and their deliveries
 * in one prepared statement. It either happened altogether, and then a `Committed` comes back, or not at all:
 * null says that no row fitted (gone, not the principal's, another version), and a new read tells which.
 */
export function createCommit(on: Executor) {
  return {
    createGoal: (change: Change<NewGoal>) => commitOne(on, statements.createGoal, change),
    updateGoal: (change: Change<GoalState & At>) => commitOne(on, statements.updateGoal, change),
    /** Its goal must be open, live and the principal's, and stays so until the commit. */
    createTask: (change: Change<NewTask>) => commitOne(on, statements.createTask, change),
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
  createGoal: change(
    'goal_create',
    'goal',
    sql`
    insert into goals (${columnNames(goals, newGoalColumns)}) values (${placeholders(goals, newGoalColumns)})
    returning id, version, null::json as before, ${goalJson()} as after, array[user_id] as readers`,
  ),
  updateGoal: change(
    'goal_update',
    'goal',
    sql`
    update goals set ${assignments(goals, goalColumns)}, version = version + 1
    where ${at} and ${goalWritable}
    returning id, new.version, ${goalJson('old')} as before, ${goalJson('new')} as after, array[new.user_id] as readers`,
  ),
  createTask: change(
    'task_create',
    'task',
    sql`
    insert into tasks (${columnNames(tasks, newTaskColumns)}, owner_id)
    select ${placeholders(tasks, newTaskColumns)}, goals.user_id from goals
    where goals.id = ${sql.placeholder('goalId')} and goals.deleted_at is null and goals.status in ('ACTIVE', 'ON_HOLD') and ${goalWritable}
    for share
    returning id, version, null::json as before, ${taskJson()} as after, array[owner_id, assigned_to] as readers`,
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
    update tasks set ${assignments(tasks, taskColumns)}, version = version + 1
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
