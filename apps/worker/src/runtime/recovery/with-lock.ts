import { inTransaction, type Publish, type Tx } from '@goals-tasks/db'
import type pg from 'pg'

export type Publishing = { pool: pg.Pool; publish: Publish }

/**
 * Runs `work` in a transaction, unless another process holds the lock of this name. The lock ends with the transaction.
 * @returns undefined when another process holds the lock
 */
export function withLock<T>(
  { pool, publish }: Publishing,
  name: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T | undefined> {
  return inTransaction(pool, publish, async (tx) => {
    const { rows } = await tx.query('select pg_try_advisory_xact_lock(hashtext($1)) as acquired', [name])
    return rows[0]?.acquired === true ? work(tx) : undefined
  })
}
