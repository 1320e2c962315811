import type { CommittedEvent } from '@goals-tasks/events'
import { inSpan } from '@goals-tasks/tracing'
import type pg from 'pg'
import { retryConflicts } from './conflicts.ts'
import { isConnectionLoss } from './connection-loss.ts'
import type { Turn } from './pace.ts'
import { sqlState } from './sql-state.ts'
import { type Executor, statementSpan } from './statement.ts'

/** Handles events after their transaction has committed: invalidates the cache and dispatches them. Never throws. */
export type Publish = (events: readonly CommittedEvent[]) => Promise<void> | void
/**
 * An open transaction, and the events that it has emitted so far. They are published when it has committed. `turn`
 * paces large changes; absent: they never wait.
 */
export type Tx = Executor & { readonly events: CommittedEvent[]; readonly turn?: Turn }

/** SQLSTATE of a write in a read-only session. A new connection may lead to the new primary. */
const readOnly = '25006'

/**
 * Runs `work` in one transaction on a client of its own. Commits when it resolves, rolls back when it throws.
 * Passes the events of the transaction to `publish` after the commit, so no caller can forget them.
 * Repeats serialization failures and deadlocks, three times, so `work` must have no effect outside of Postgres.
 */
export async function inTransaction<T>(pool: pg.Pool, publish: Publish, work: (tx: Tx) => Promise<T>): Promise<T> {
  const { result, events } = await retryConflicts(() => runOnce(pool, work))
  if (events.length > 0) await publish(events)
  return result
}

/**
 * Runs `work` in one read-only transaction, whose statements all see the same snapshot. A statement takes ten seconds
 * at most, so that the transaction cannot hold back the vacuum or the readers of the feed for long.
 */
export const inReadOnlySnapshot = <T>(pool: pg.Pool, work: (db: Executor) => Promise<T>): Promise<T> =>
  withClient(pool, async ({ query }) => {
    await query('begin isolation level repeatable read read only')
    await query(`set local statement_timeout = '10s'`)
    const result = await work({ query })
    await query('commit')
    return result
  })

/** Runs `work` in a savepoint. `undo` takes back what `work` wrote, locked and emitted so far. */
export async function savepoint<T>(tx: Tx, work: (undo: () => Promise<unknown>) => Promise<T>): Promise<T> {
  await tx.query('savepoint part')
  const emitted = tx.events.length
  const result = await work(() => {
    tx.events.length = emitted
    return tx.query('rollback to savepoint part')
  })
  await tx.query('release savepoint part')
  return result
}

/**
 * Runs `work`, which is one statement, on a client of its own, without a transaction around it. When it rejects, the
 * locks of the statement are released: Postgres reports an error before it releases them. Repeats conflicts, as
 * `inTransaction` does.
 */
export const inOneStatement = <T>(pool: pg.Pool, work: (db: Executor) => Promise<T>): Promise<T> =>
  retryConflicts(() => withClient(pool, work))

const runOnce = <T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<{ result: T; events: CommittedEvent[] }> =>
  withClient(pool, async ({ query }) => {
    const tx: Tx = { query, events: [] }
    await query('begin isolation level read committed')
    const result = await work(tx)
    await inSpan('commit', statementSpan, () => query('commit'))
    return { result, events: tx.events }
  })

/** Runs `work` on a client of its own. Rolls back when it throws. */
async function withClient<T>(pool: pg.Pool, work: (db: Executor) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let lost: Error | undefined
  // The first error names the reason; later ones only report that the connection is closed.
  const noteLoss = (error: Error) => {
    lost ??= error
  }
  // A broken connection rejects its query and also emits an event. An event without a listener would end the process.
  client.on('error', noteLoss)
  try {
    return await work({ query: client.query.bind(client) as Executor['query'] })
  } catch (error) {
    const reason = lost
    if (error instanceof Error && (isConnectionLoss(error) || sqlState(error) === readOnly)) noteLoss(error)
    // A lost connection gets no rollback: the wait for its reply would take the time limit of a query again. Its client
    // is destroyed, and so is a client that cannot roll back. The server ends the transaction with the connection.
    if (!lost) await client.query('rollback').catch(noteLoss)
    // Postgres' reason for ending the session is more helpful than the error of the next query, which found it ended.
    throw sqlState(reason) ? reason : error
  } finally {
    client.removeListener('error', noteLoss)
    client.release(lost)
  }
}
