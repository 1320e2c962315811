import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from './statement.ts'

/** Returns why this Postgres refuses writes, or null when it takes them. Rejects when it does not answer. */
export async function findDatabaseWriteRefusal(db: Executor): Promise<string | null> {
  const [row] = await executeOnce<{ isStandby: boolean; isReadOnly: boolean }>(
    db,
    sql`select pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only')::boolean as "isReadOnly"`,
  )
  if (row?.isStandby) return 'read-only: it is a standby'
  return row?.isReadOnly ? 'read-only: default_transaction_read_only is on' : null
}
