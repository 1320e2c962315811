import type pg from 'pg'

/** The client of an open transaction. */
export type Tx = pg.PoolClient
/** Runs `work` in a transaction: a new one, or a part of the one that the caller is in. */
export type Transaction = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>

const retryable = new Set(['40001', '40P01'])
const maxTries = 4

/**
 * Runs `work` in one transaction on a client of its own: committed when it resolves, rolled back when it throws.
 * Serialization failures and deadlocks are tried again, three times, so `work` must have no effect outside of Postgres.
 */
export async function inTransaction<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(pool, work)
    } catch (error) {
      if (attempt === maxTries || !retryable.has(sqlState(error) ?? '')) throw error
    }
  }
}

/** Runs `work` in a part of the transaction; `undo` takes back what it wrote and locked so far. */
export async function savepoint<T>(tx: Tx, work: (undo: () => Promise<unknown>) => Promise<T>): Promise<T> {
  await tx.query('savepoint part')
  const result = await work(() => tx.query('rollback to savepoint part'))
  await tx.query('release savepoint part')
  return result
}

/** The SQLSTATE of an error that came from Postgres, else undefined. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

async function runOnce<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = await pool.connect()
  let lost: Error | undefined
  const noteLoss = (error: Error) => {
    lost = error
  }
  // A connection that breaks tells its query and, besides, emits an event: unheard, that would end the process.
  tx.on('error', noteLoss)
  try {
    await tx.query('begin')
    const result = await work(tx)
    await tx.query('commit')
    return result
  } catch (error) {
    // A client that cannot even roll back is not handed to anyone else; its server side ends with the connection.
    const reason = lost
    await tx.query('rollback').catch(noteLoss)
    // Why Postgres ended the session says more than that the next query found it ended.
    throw sqlState(reason) ? reason : error
  } finally {
    tx.removeListener('error', noteLoss)
    tx.release(lost)
  }
}
