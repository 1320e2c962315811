import type { PgTable } from 'drizzle-orm/pg-core'
import type { Field } from '../engine/column-lists.ts'
import { createNaturalBatch } from '../engine/natural-batch.ts'
import { sqlState } from '../engine/sql-state.ts'
import type { Executor, prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import type { Change, Committed } from './change.ts'
import { toInput } from './create-input.ts'
import { subscriptionValues } from './events.ts'

const bounds = { maxQueued: 5_000, maxWaitMs: 10_000 }
/** Two trips: Postgres commits one batch while the next one is sent. More trips would only make the batches smaller. */
const sharedLimits = { maxInFlight: 2, maxInputs: 100, ...bounds }
/** Few trips: creates that fail or wait for a lock leave most connections of the pool to other work. */
const singleLimits = { maxInFlight: 3, maxInputs: 1, ...bounds }

export type Create<V> = (change: Change<V>) => Promise<Committed | null>

export type Created = Committed & { id: string }
/** A statement that inserts any number of rows and returns them in no particular order, with its table and fields. */
export type Insertion<T extends PgTable> = {
  table: T
  fields: readonly Field<T>[]
  statement: ReturnType<typeof prepareStatement<Created>>
}

/**
 * Returns a function that tries a create up to three times. The first try shares a statement. If a row made that
 * statement fail, the second try has a statement of its own. If that one fails because a lock is held, the third try is
 * `waiting`.
 */
export function batched<T extends PgTable, V extends { id: string }>(
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

/** Inserts one row in the transaction `tx`. Resolves to null when the statement did not insert it. */
export async function insertOne<T extends PgTable, V extends { id: string }>(
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
