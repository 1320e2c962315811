import { freshDatabase } from '@goals-tasks/devstack/testing'
import { test as base } from 'vitest'
import { createDatabase } from '../../src/engine/client.ts'
import { inTransaction, type Tx } from '../../src/engine/transaction.ts'

/** Opens a migrated, empty database. The caller closes it. */
export async function openDatabase(options: { poolSize: number }) {
  const { url } = await freshDatabase()
  return { url, ...createDatabase({ url, name: 'test', onError: () => undefined, ...options }) }
}

/**
 * A test whose file has a database of its own. `pool` has `poolSize` connections. `transaction` runs work in a
 * transaction whose events are not published.
 */
export const test = base
  .extend('poolSize', { scope: 'file' }, 8)
  .extend('pool', { scope: 'file' }, async ({ poolSize }, { onCleanup }) => {
    const { pool, close } = await openDatabase({ poolSize })
    onCleanup(close)
    return pool
  })
  .extend(
    'transaction',
    { scope: 'file' },
    ({ pool }) =>
      <T>(work: (tx: Tx) => Promise<T>) =>
        inTransaction(pool, () => undefined, work),
  )
