import { sql } from 'drizzle-orm'
import { assignments } from '../engine/column-lists.ts'
import type { Executor } from '../engine/statement.ts'
import type { Publish, Tx } from '../engine/transaction.ts'
import { goalWritable, taskOwned, taskVisible } from '../reads/visibility.ts'
import { goals } from '../schema/goals.ts'
import { tasks } from '../schema/tasks.ts'
import type { Change, Committed } from './change.ts'
import { changeStatement, commitOne, completion, matchesVersion } from './change-statement.ts'
import { createGoalIn, createGoals, createTaskIn, createTasks } from './create.ts'
import { goalChanged, taskChanged } from './events.ts'
import { type GoalState, goalWrites, type NewGoal, type NewTask, type TaskState, taskWrites } from './fields.ts'

export type Commit = ReturnType<typeof createCommit>

/**
 * Writes a change of a single entity: the row, its events, their readers and their deliveries, in one prepared
 * statement. Commits all of it, publishes the events, and then returns a `Committed`. Returns null and writes nothing
 * when no row matched: the row is deleted, belongs to another user, or has another version. A new read finds out which.
 */
export const createCommit = (db: Executor, publish: Publish) =>
  publishing(
    {
      createGoal: createGoals(db),
      /** The goal must be open, live and the actor's. The statement locks it, so it stays so until the commit. */
      createTask: createTasks(db),
      ...changes(db),
    },
    publish,
  )

/** Writes changes in the transaction `tx`. Their events are published with that transaction. */
export const commitWithin = (tx: Tx): Commit =>
  publishing(
    {
      createGoal: (change: Change<NewGoal>) => createGoalIn(tx, change),
      createTask: (change: Change<NewTask>) => createTaskIn(tx, change),
      ...changes(tx),
    },
    (events) => void tx.events.push(...events),
  )

const changes = (db: Executor) => ({
  updateGoal: (change: Change<GoalState & Row>) => commitOne(db, updateGoal, change),
  updateTask: (change: Change<TaskState & Row & Dependents>) => commitOne(db, updateTask, change),
  /** Soft-deletes a task. Its goal does not change. */
  deleteTask: (change: Change<Row & Dependents>) => commitOne(db, deleteTask, change),
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
type Row = { id: string; version: number }
/** Whether a task with dependents must not match. A change that concerns them needs their locks, which are not held. */
type Dependents = { requireNoDependents: boolean }

const withoutDependents = sql`not (${sql.placeholder('requireNoDependents')}::boolean and dependents_count > 0)`
/** A task whose status changes after its goal was closed no longer belongs to that cascade. */
const leavesCascade = sql`
  close_cascade_id = case when status = ${sql.placeholder('status')}::task_status then close_cascade_id end`

const updateGoal = changeStatement(
  'goal_update',
  'goal',
  sql`update goals set ${assignments(goals, goalWrites.update)}, ${completion}, version = version + 1
      where ${matchesVersion} and ${goalWritable} returning ${goalChanged}`,
)
const deleteTask = changeStatement(
  'task_delete',
  'task',
  sql`update tasks set deleted_at = now(), version = version + 1
      where ${matchesVersion} and ${taskOwned} and ${withoutDependents} returning ${taskChanged}`,
)
const updateTask = changeStatement(
  'task_update',
  'task',
  sql`update tasks set ${assignments(tasks, taskWrites.update)}, ${completion}, ${leavesCascade}, version = version + 1
      where ${matchesVersion} and ${taskVisible} and ${withoutDependents} returning ${taskChanged}`,
)
