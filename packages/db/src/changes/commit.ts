import type { AggregateType } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import type { Publish, Tx } from '../engine/transaction.ts'
import { goals } from '../schema/goals.ts'
import { tasks } from '../schema/tasks.ts'
import type { Change, Committed } from './change.ts'
import { assignments } from './columns.ts'
import { createGoalIn, createGoals, createTaskIn, createTasks } from './create.ts'
import { emitEvents, emittedEvents, goalChanged, metadataValues, taskChanged } from './events.ts'
import { type GoalState, goalWrites, type NewGoal, type NewTask, type TaskState, taskWrites } from './fields.ts'
import { goalWritable, taskOwned, taskVisible } from './visibility.ts'

export type Commit = ReturnType<typeof createCommit>

/**
 * Writes a change of a single entity: the row, its events, their readers and their deliveries, in one prepared statement.
 * Either all of it is committed, published, and returned as a `Committed`; or nothing is, and null is returned: no row
 * matched (gone, not the actor's, another version), and a new read tells which.
 */
export const createCommit = (on: Executor, publish: Publish) =>
  publishing(
    {
      createGoal: createGoals(on),
      /** Its goal must be open, live and the actor's. It stays so until the commit. */
      createTask: createTasks(on),
      ...changes(on),
    },
    publish,
  )

/** Writes changes in the caller's transaction. Their events are published with that transaction. */
export const commitWithin = (tx: Tx): Commit =>
  publishing(
    {
      createGoal: (change: Change<NewGoal>) => createGoalIn(tx, change),
      createTask: (change: Change<NewTask>) => createTaskIn(tx, change),
      ...changes(tx),
    },
    (events) => void tx.events.push(...events),
  )

const changes = (on: Executor) => ({
  updateGoal: (change: Change<GoalState & At>) => commitOne(on, statements.updateGoal, change),
  updateTask: (change: Change<TaskState & At & Dependents>) => commitOne(on, statements.updateTask, change),
  /** Soft-deletes a task. Its goal stays as it is. */
  deleteTask: (change: Change<At & Dependents>) => commitOne(on, statements.deleteTask, change),
})

type Write<V> = (change: Change<V>) => Promise<Committed | null>

/** Makes every write publish its events before it returns. */
function publishing<W extends Record<string, Write<never>>>(writes: W, publish: Publish): W {
  const published = Object.entries(writes).map(([name, write]) => [
    name,
    async (change: Change<never>) => {
      const committed = await write(change)
      if (committed) await publish(committed.events)
      return committed
    },
  ])
  return Object.fromEntries(published)
}

/** The row, and the version that the change was computed from. */
type At = { id: string; version: number }
/** Whether a task with dependents must not match: the change concerns them too, and their locks are not held. */
type Dependents = { requireNoDependents: boolean }
type Statement = ReturnType<typeof prepareStatement<Committed>>

/** Writes one change by a statement whose CTE `changed` returns at most one row. */
export async function commitOne(
  on: Executor,
  statement: Statement,
  { values, metadata }: Change<Record<string, unknown>>,
): Promise<Committed | null> {
  const [committed] = await statement(on, { ...parameters(values), ...metadataValues(metadata) })
  return committed ?? null
}

/** The driver would send an array as a Postgres array; these columns hold JSON. */
const parameters = (values: Record<string, unknown>) => ({
  ...values,
  ...('tags' in values ? { tags: JSON.stringify(values.tags), metadata: JSON.stringify(values.metadata) } : {}),
})

export const matchesVersion = sql`id = ${sql.placeholder('id')} and version = ${sql.placeholder('version')} and deleted_at is null`
const withoutDependents = sql`not (${sql.placeholder('requireNoDependents')}::boolean and dependents_count > 0)`
/** A task whose status changes after its goal was closed no longer belongs to that cascade. */
const leavesCascade = sql`close_cascade_id = case when status = ${sql.placeholder('status')}::task_status then close_cascade_id end`

/** Set on entering COMPLETED, kept while there, cleared on leaving: by the same clock as `updated_at`. */
export const completion = sql`completed_at = case when ${sql.placeholder('status')} = 'COMPLETED' then coalesce(completed_at, now()) end`

/** Prepares a statement that changes one row and emits its events. `alongside` adds further CTEs. */
export function changeStatement(name: string, aggregate: AggregateType, changed: SQL, alongside = sql``): Statement {
  return prepareStatement<Committed>(
    name,
    sql`with changed as (${changed}), ${emitEvents(aggregate)}${alongside}
        select after::text as text, version, ${emittedEvents} as events from changed`,
  )
}

const statements = {
  updateGoal: changeStatement(
    'goal_update',
    'goal',
    sql`update goals set ${assignments(goals, goalWrites.update)}, ${completion}, version = version + 1
        where ${matchesVersion} and ${goalWritable} returning ${goalChanged}`,
  ),
  deleteTask: changeStatement(
    'task_delete',
    'task',
    sql`update tasks set deleted_at = now(), version = version + 1
        where ${matchesVersion} and ${taskOwned} and ${withoutDependents} returning ${taskChanged}`,
  ),
  updateTask: changeStatement(
    'task_update',
    'task',
    sql`update tasks set ${assignments(tasks, taskWrites.update)}, ${completion}, ${leavesCascade}, version = version + 1
        where ${matchesVersion} and ${taskVisible} and ${withoutDependents} returning ${taskChanged}`,
  ),
}
