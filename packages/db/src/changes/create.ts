import type { PgTable } from 'drizzle-orm/pg-core'
import type { Field } from '../engine/column-lists.ts'
import { createNaturalBatch } from '../engine/natural-batch.ts'
import { sqlState } from '../engine/sql-state.ts'
import type { Executor } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { goals } from '../schema/goals.ts'
import { tasks } from '../schema/tasks.ts'
import type { Change, Committed } from './change.ts'
import {
  type Insert,
  insertDependentTask,
  insertGoals,
  insertTasks,
  insertTasksAtOnce,
  toInput,
} from './create-statements.ts'
import { subscriptionValues } from './events.ts'
import { type DependentTask, goalWrites, type NewGoal, type NewTask, taskWrites } from './fields.ts'

const bounds = { maxQueued: 5_000, maxWaitMs: 10_000 }
/** Two trips: Postgres commits one batch while the next one is sent. More trips would only make the batches smaller. */
const sharedLimits = { maxInFlight: 2, maxInputs: 100, ...bounds }
/** Few trips: creates that fail or wait for a lock leave most connections of the pool to other work. */
const singleLimits = { maxInFlight: 3, maxInputs: 1, ...bounds }

type Create<V> = (change: Change<V>) => Promise<Committed | null>

/** Returns a function that creates a goal. Concurrent calls share a statement and its commit. */
export const createGoals = (db: Executor): Create<NewGoal> => batched(db, insertion.goal)

/**
 * Returns a function that creates a task. Concurrent calls share a statement, which locks their goals until the commit.
 * Tasks of a goal that another transaction has locked wait on a few connections of their own, so other tasks do not
 * wait for that goal.
 * @throws Overloaded when a task was not sent within 10 s because the tasks before it waited for their goals
 */
export const createTasks = (db: Executor): Create<NewTask> => batched(db, insertion.taskAtOnce, insertion.task)

/** Creates a goal in the transaction `tx`. */
export const createGoalIn = (tx: Tx, change: Change<NewGoal>): Promise<Committed | null> =>
  insertOne(tx, insertion.goal, change)

/** Creates a task in the transaction `tx`. Waits for the lock of its goal. */
export const createTaskIn = (tx: Tx, change: Change<NewTask>): Promise<Committed | null> =>
  insertOne(tx, insertion.task, change)

/** Creates a task and its edges. The caller holds the locks of the blockers and has computed the block they cause. */
export async function createDependentTaskIn(tx: Tx, change: Change<DependentTask>): Promise<Committed | null> {
  const committed = await insertOne(tx, insertion.dependentTask, change)
  if (committed) tx.events.push(...committed.events)
  return committed
}

/** A statement with the table and the fields of its input. */
type Insertion<T extends PgTable> = { table: T; fields: readonly Field<T>[]; statement: Insert }

const insertion = {
  goal: { table: goals, fields: goalWrites.insert, statement: insertGoals },
  task: { table: tasks, fields: taskWrites.insert, statement: insertTasks },
  taskAtOnce: { table: tasks, fields: taskWrites.insert, statement: insertTasksAtOnce },
  dependentTask: { table: tasks, fields: taskWrites.insertWithEdges, statement: insertDependentTask },
}

/**
 * Returns a function that tries a create up to three times. The first try shares a statement. If a row made that
 * statement fail, the second try has a statement of its own. If that one fails because a lock is held, the third try is
 * `waiting`.
 */
function batched<T extends PgTable, V extends { id: string }>(
  db: Executor,
  atOnce: Insertion<T>,
  waiting?: Insertion<T>,
): Create<V> {
  /** Returns `retry` when `isRetryable` accepts the error of the statement. */
  const attempt = (limits: typeof sharedLimits, isRetryable: (error: unknown) => boolean) =>
    createNaturalBatch<Change<V>, Committed | null | 'retry'>(
      (changes) =>
        insertAll(db, atOnce, changes).catch((error) => {
          if (isRetryable(error)) return changes.map(() => 'retry' as const)
          throw error
        }),
      limits,
    )
  const createShared = attempt(sharedLimits, isFaultOfRow)
  const createAlone = attempt(singleLimits, (error) => waiting !== undefined && sqlState(error) === '55P03')
  const createWaiting = createNaturalBatch<Change<V>, Committed | null>(
    (changes) => insertAll(db, waiting ?? atOnce, changes),
    singleLimits,
  )

  return async (change) => {
    const first = await createShared(change)
    if (first !== 'retry') return first
    const second = await createAlone(change)
    return second === 'retry' ? createWaiting(change) : second
  }
}

async function insertAll<T extends PgTable, V extends { id: string }>(
  db: Executor,
  { table, fields, statement }: Insertion<T>,
  changes: readonly Change<V>[],
): Promise<(Committed | null)[]> {
  const input = JSON.stringify(changes.map((change) => toInput(table, fields, change)))
  const types = [...new Set(changes.flatMap((change) => change.metadata.types))]
  const created = await statement(db, { input, ...subscriptionValues(types) })
  const byId = new Map(created.map((row) => [row.id, row]))
  return changes.map((change) => byId.get(change.values.id) ?? null)
}

async function insertOne<T extends PgTable, V extends { id: string }>(
  tx: Tx,
  insertion: Insertion<T>,
  change: Change<V>,
): Promise<Committed | null> {
  const [committed] = await insertAll(tx, insertion, [change])
  return committed ?? null
}

/**
 * Returns whether one row made the statement fail: an invalid value, a broken constraint, a lock that was not
 * available, or a deadlock. Postgres wrote nothing, so the other rows may succeed without it. After a lost connection
 * the outcome is unknown, so nothing is repeated.
 */
const isFaultOfRow = (error: unknown) => ['22', '23', '40', '55'].includes(sqlState(error)?.slice(0, 2) ?? '')
