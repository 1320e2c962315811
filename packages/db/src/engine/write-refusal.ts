import { sql } from 'drizzle-orm'
import { sqlState } from './sql-state.ts'
import { type Executor, executeOnce } from './statement.ts'

/**
 * Returns why this Postgres refuses writes, such as a standby or one with a full disk does. Returns null when it takes
 * them. Rejects when it does not answer.
 */
export async function findDatabaseWriteRefusal(db: Executor): Promise<string | null> {
  const [row] = await executeOnce<{ isStandby: boolean; isReadOnly: boolean }>(
    db,
    sql`select pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only')::boolean as "isReadOnly"`,
    'write_refusal',
  )
  if (row?.isStandby) return 'read-only: it is a standby'
  if (row?.isReadOnly) return 'read-only: default_transaction_read_only is on'
  return findDiskError(db)
}

/**
 * Writes about 1 MB to a temporary file beside the tables, which disappears with the statement. `generate_series` uses
 * such a file for the rows that exceed `work_mem`. A row in a table would show less: the table may have free space.
 */
const writeToDisk = `
  set local work_mem = '64kB';
  set local temp_tablespaces = '';
  select count(*) from generate_series(1, 50000)`

/** Connection exceptions, operator intervention, too many connections: these sessions end or never begin. */
const unavailableStates = /^(08|57|53300)/

async function findDiskError(db: Executor): Promise<string | null> {
  try {
    // The driver sends statements without parameters in one message, and Postgres runs them in one transaction.
    await db.query(writeToDisk)
    return null
  } catch (error) {
    const state = sqlState(error)
    if (!(error instanceof Error) || state === undefined || unavailableStates.test(state)) throw error
    return `cannot write to its disk: ${reasonOf(error)}`
  }
}

/** Shortens `could not write to file "base/…": No space left on device` to the part after the name. */
const reasonOf = ({ message }: Error) => /^could not .* file ".*": (.+)$/.exec(message)?.[1] ?? message
