import { type SQL, sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'
import { ofWebhooks } from './user-tables.ts'

const rowsPerDelete = 1_000

/** The tables whose rows go with their user, in an order that a later run can continue. */
const deletedRows = (user: string): { name: string; key: string; condition: SQL }[] => [
  // The attempts are found by the webhooks, so they go first.
  { name: 'webhook_attempts', key: 'id', condition: ofWebhooks(user) },
  { name: 'webhooks', key: 'id', condition: sql`owner_id = ${user}::uuid` },
  { name: 'webhook_audit_log', key: 'id', condition: sql`owner_id = ${user}::uuid` },
  // The failures of a run go with it.
  { name: 'sync_runs', key: 'id', condition: sql`owner_id = ${user}::uuid` },
  { name: 'notification_preferences', key: 'kind', condition: sql`user_id = ${user}::uuid` },
  { name: 'mail_schedules', key: 'user_id', condition: sql`user_id = ${user}::uuid` },
  { name: 'mail_digests', key: 'id', condition: sql`user_id = ${user}::uuid` },
  { name: 'contacts', key: 'user_id', condition: sql`user_id = ${user}::uuid` },
  { name: 'contact_confirmations', key: 'id', condition: sql`user_id = ${user}::uuid` },
  { name: 'api_keys', key: 'id', condition: sql`user_id = ${user}::uuid` },
  { name: 'notifications', key: 'id', condition: sql`user_id = ${user}::uuid` },
  // A response to another user may have a goal or task of this one. It is kept for a day, so the table is small.
  {
    ...{ name: 'idempotency_keys', key: 'key' },
    condition: sql`(principal_id = ${user}::uuid or position(${user} in body) > 0)`,
  },
  { name: 'event_readers', key: 'event_id', condition: sql`reader_id = ${user}::uuid` },
]

type Options = { signal?: AbortSignal | undefined; onDeleted(table: string, count: number): void }

/** Deletes the rows of the user, in batches. `signal` ends it between two batches. */
export async function deleteRowsOfUser(db: Executor, user: string, { signal, onDeleted }: Options): Promise<void> {
  for (const { name, key, condition } of deletedRows(user))
    for (let count = rowsPerDelete; count >= rowsPerDelete && !signal?.aborted; ) {
      count = await deleteBatch(db, sql.identifier(name), sql.identifier(key), condition)
      onDeleted(name, count)
    }
}

async function deleteBatch(db: Executor, table: unknown, key: unknown, condition: SQL): Promise<number> {
  const [deleted] = await executeOnce<{ count: number }>(
    db,
    sql`with gone as (
          delete from ${table} where ${condition}
            and ${key} = any(array(select ${key} from ${table} where ${condition} limit ${rowsPerDelete})) returning 1
        ) select count(*)::int as count from gone`,
    'user_rows_delete',
  )
  return deleted?.count ?? 0
}

/** Counts the rows that `deleteRowsOfUser` would delete, by table. */
export async function countRowsOfUser(db: Executor, user: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { name, condition } of deletedRows(user)) {
    const [found] = await executeOnce<{ count: number }>(
      db,
      sql`select count(*)::int as count from ${sql.identifier(name)} where ${condition}`,
      'user_rows_count',
    )
    counts[name] = found?.count ?? 0
  }
  return counts
}
