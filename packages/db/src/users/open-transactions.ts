import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

/** The transactions of this database that have written. Each holds a lock on its own id until it ends. */
const openTransactions = sql`select transactionid::text as id from pg_locks join pg_stat_activity using (pid)
  where locktype = 'transactionid' and mode = 'ExclusiveLock' and granted and datname = current_database()`

/** Returns the ids of the transactions that have written and are open now. */
export const findOpenTransactions = async (db: Executor): Promise<string[]> =>
  (await executeOnce<{ id: string }>(db, openTransactions, 'transactions_open')).map(({ id }) => id)
