import { createNaturalBatch } from '../engine/natural-batch.ts'
import { sqlState } from '../engine/sql-state.ts'
import type { Executor } from '../engine/statement.ts'
import { waitsOf } from '../engine/waits.ts'
import type { Outcome, Write } from './batch-statement.ts'
import type { Change } from './change.ts'

const bounds = { maxQueued: 5_000, maxWaitMs: 10_000 }
/** Two trips: Postgres commits one batch while the next one is sent. More trips would only make the batches smaller. */
const sharedLimits = { maxInFlight: 2, maxInputs: 100, ...bounds }
/** Few trips: writes that fail leave most connections of the pool to other work. */
const singleLimits = { maxInFlight: 3, maxInputs: 1, ...bounds }

/**
 * Returns a function that writes one row. Concurrent calls share a statement and its commit. A change of a row waits
 * for an earlier change of the same row to end. If one row made a statement fail, each row of it is tried once more in
 * a statement of its own. That one may find its row locked by the failed statement, which reports its error first and
 * unlocks its rows then.
 * @throws Overloaded as `createNaturalBatch` does
 */
export function inBatches<V extends { id: string }>(
  db: Executor,
  write: Write<V>,
): (change: Change<V>) => Promise<Outcome> {
  const waits = waitsOf(db).writes
  const keyOf = ({ values }: Change<V>) => values.id
  const writeShared = createNaturalBatch<Change<V>, Outcome | 'retry'>(
    (changes) =>
      write(db, changes).catch((error) => {
        if (isFaultOfRow(error)) return changes.map(() => 'retry' as const)
        throw error
      }),
    sharedLimits,
    { keyOf, waits },
  )
  const writeAlone = createNaturalBatch<Change<V>, Outcome>((changes) => write(db, changes), singleLimits, {
    keyOf,
    waits,
  })
  return async (change) => {
    const outcome = await writeShared(change)
    return outcome === 'retry' ? writeAlone(change) : outcome
  }
}

/**
 * Returns whether one row made the statement fail: an invalid value, a broken constraint, a lock that was not
 * available, or a deadlock. Postgres wrote nothing, so the other rows may succeed without it. After a lost connection
 * the outcome is unknown, so nothing is repeated.
 */
const isFaultOfRow = (error: unknown) => ['22', '23', '40', '55'].includes(sqlState(error)?.slice(0, 2) ?? '')
