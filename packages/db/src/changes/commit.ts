import type { Executor } from '../engine/statement.ts'
import type { Publish, Tx } from '../engine/transaction.ts'
import { type Outcome, writeOne } from './batch-statement.ts'
import type { Change } from './change.ts'
import { createGoals, createTasks, inserts } from './create.ts'
import type { NewGoal, NewTask } from './fields.ts'
import { type GoalUpdate, type TaskDeletion, type TaskUpdate, updates, updatesOfFreeRows } from './update.ts'
import { inBatches } from './write-in-batches.ts'

export type Commit = ReturnType<typeof createCommit>
/** The same in a transaction, where a write waits for locks and so never finds a row locked. */
export type CommitWithin = ReturnType<typeof commitWithin>

/**
 * Writes a change of a single entity: the row, its events, their readers and their deliveries. Concurrent changes share
 * a statement and its commit. Publishes the events after the commit, and then returns a `Committed`. Writes nothing
 * when no row matched (null), or when another transaction holds the lock of the row (`locked`). No row matches when it
 * is deleted, belongs to another user, or has another version. A new read finds out which.
 */
export const createCommit = (db: Executor, publish: Publish) =>
  publishing(
    {
      createGoal: createGoals(db),
      /** The goal must be open, live and the actor's. The statement locks it, so it stays so until the commit. */
      createTask: createTasks(db),
      updateGoal: inBatches(db, updatesOfFreeRows.goal),
      updateTask: inBatches(db, updatesOfFreeRows.task),
      /** Soft-deletes a task. Its goal does not change. */
      deleteTask: inBatches(db, updatesOfFreeRows.taskDeletion),
    },
    publish,
  )

/** Writes changes in the transaction `tx`. Their events are published with that transaction. */
export const commitWithin = (tx: Tx) =>
  publishing(
    {
      createGoal: (change: Change<NewGoal>) => writeOne(tx, inserts.goal, change),
      createTask: (change: Change<NewTask>) => writeOne(tx, inserts.task, change),
      updateGoal: (change: Change<GoalUpdate>) => writeOne(tx, updates.goal, change),
      updateTask: (change: Change<TaskUpdate>) => writeOne(tx, updates.task, change),
      deleteTask: (change: Change<TaskDeletion>) => writeOne(tx, updates.taskDeletion, change),
    },
    (events) => void tx.events.push(...events),
  )

type AnyWrite = (change: Change<never>) => Promise<Outcome>

/** Makes every write publish its events before it returns. */
function publishing<W extends Record<string, AnyWrite>>(writes: W, publish: Publish): W {
  const published = Object.entries(writes).map(([name, write]) => [
    name,
    async (change: Change<never>) => {
      const outcome = await write(change)
      if (outcome !== null && outcome !== 'locked') await publish(outcome.events)
      return outcome
    },
  ])
  return Object.fromEntries(published)
}
