import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { assignmentsFrom, type Field } from '../engine/column-lists.ts'
import { goalWritableBy, taskOwnedBy, taskVisibleBy } from '../reads/visibility.ts'
import { goals } from '../schema/goals.ts'
import { tasks } from '../schema/tasks.ts'
import { inputOf, metadataColumns, toInput } from './batch-input.ts'
import { batchStatement, type Write } from './batch-statement.ts'
import { completionBy } from './change-statement.ts'
import { goalChanged, taskChanged } from './events.ts'
import { type GoalState, goalWrites, type TaskState, taskWrites } from './fields.ts'

/** The row, and the version that the change was computed from. */
type Row = { id: string; version: number }
/** Whether a task with dependents must not match. A change that concerns them needs their locks, which are not held. */
type Dependents = { requireNoDependents: boolean }

export type GoalUpdate = GoalState & Row
export type TaskUpdate = TaskState & Row & Dependents
export type TaskDeletion = Row & Dependents

type Update<T extends PgTable> = {
  table: T
  fields: readonly Field<T>[]
  /** `set` of the UPDATE, besides the version. It refers to the row by its bare columns, to `input` by its name. */
  set: SQL
  matches: SQL
  changed: SQL
}

/** Rows that another transaction has locked are left out, so that no change waits for the lock of another one. */
const skipLocked = sql`skip locked`

/**
 * Prepares a statement that locks rows in the order of their ids, then updates the ones that are live, have the version
 * that the change was computed from, and match. `array(…)` makes Postgres use the primary key: a join with `input`, of
 * which Postgres has no statistics, could read the whole table.
 */
function updateStatement<T extends typeof goals | typeof tasks, V extends Row & Partial<Dependents>>(
  name: string,
  { table, fields, set, matches, changed }: Update<T>,
  lockWait = sql``,
): Write<V> {
  const keys = sql`row_id uuid, row_version integer, require_no_dependents boolean`
  return batchStatement<V>(name, {
    aggregate: table === goals ? 'goal' : 'task',
    key: sql`input.row_id`,
    isLocked: sql`input.row_id not in (select id from locked)
      and exists (select from ${table} where id = input.row_id)`,
    changed: sql`${inputOf(table, fields, keys)}, locked as (
        select id from ${table} where id = any(array(select row_id from input))
        order by id for no key update ${lockWait}
      ), changed as (
        update ${table} set ${set}, version = version + 1
        from input
        where id = row_id and id = any(array(select id from locked))
          and version = row_version and deleted_at is null and ${matches}
        returning ${changed}, ${metadataColumns}
      )`,
    toInput: (change) => ({
      row_id: change.values.id,
      row_version: change.values.version,
      require_no_dependents: change.values.requireNoDependents ?? false,
      ...toInput(table, fields, change),
    }),
  })
}

const actor = [sql`input.actor_id`, sql`input.as_admin`] as const
const withoutDependents = sql`not (require_no_dependents and dependents_count > 0)`

const goalUpdate: Update<typeof goals> = {
  table: goals,
  fields: goalWrites.update,
  set: sql`${assignmentsFrom(goals, goalWrites.update, 'input')}, ${completionBy(sql`input.status`)}`,
  matches: goalWritableBy(...actor),
  changed: goalChanged,
}
const taskUpdate: Update<typeof tasks> = {
  table: tasks,
  fields: taskWrites.update,
  // A task whose status changes after its goal was closed no longer belongs to that cascade.
  set: sql`${assignmentsFrom(tasks, taskWrites.update, 'input')}, ${completionBy(sql`input.status`)},
    close_cascade_id = case when tasks.status = input.status then close_cascade_id end`,
  matches: sql`${taskVisibleBy(...actor)} and ${withoutDependents}`,
  changed: taskChanged,
}
const taskDeletion: Update<typeof tasks> = {
  table: tasks,
  fields: [],
  set: sql`deleted_at = now()`,
  matches: sql`${taskOwnedBy(...actor)} and ${withoutDependents}`,
  changed: taskChanged,
}

/** Statements for the pool. They change rows that no other transaction has locked. */
export const updatesOfFreeRows = {
  goal: updateStatement<typeof goals, GoalUpdate>('goals_update', goalUpdate, skipLocked),
  task: updateStatement<typeof tasks, TaskUpdate>('tasks_update', taskUpdate, skipLocked),
  taskDeletion: updateStatement<typeof tasks, TaskDeletion>('tasks_delete', taskDeletion, skipLocked),
}
/** Statements for a transaction. They wait for the locks of the rows. */
export const updates = {
  goal: updateStatement<typeof goals, GoalUpdate>('goal_update', goalUpdate),
  task: updateStatement<typeof tasks, TaskUpdate>('task_update', taskUpdate),
  taskDeletion: updateStatement<typeof tasks, TaskDeletion>('task_delete', taskDeletion),
}
