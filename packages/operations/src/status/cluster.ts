import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'

/** The state of Postgres that decides whether old versions of rows can be removed. */
export type ClusterStatus = {
  /** Age of the oldest open or prepared transaction in seconds, 0 without one. */
  oldestTransactionSeconds: number
  /** The estimates of Postgres for each table. Partitions count as the table that they belong to. */
  tables: { table: string; deadTuples: number; liveTuples: number }[]
}

/**
 * Loads the state of the cluster from the statistics of Postgres, so it reads no table. Transactions of all databases
 * count. Postgres hides the transactions of other roles from a role without `pg_read_all_stats`.
 */
export async function loadClusterStatus(db: Executor): Promise<ClusterStatus> {
  const [row] = await executeOnce<ClusterStatus>(
    db,
    sql`select ${oldestTransaction} as "oldestTransactionSeconds", ${tables} as tables`,
    'status_cluster',
  )
  return row ?? { oldestTransactionSeconds: 0, tables: [] }
}

/** A transaction that began after this one makes the age negative. */
const oldestTransaction = sql`(
  select coalesce(greatest(extract(epoch from now() - min(began)), 0), 0)::float8
  from (select xact_start as began from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()
        union all select prepared from pg_prepared_xacts) transactions)`

const tables = sql`(
  select coalesce(json_agg(sums order by sums.table), '[]')
  from (select coalesce(inhparent::regclass::text, relname) as table,
               sum(n_dead_tup)::int8 as "deadTuples", sum(n_live_tup)::int8 as "liveTuples"
        from pg_stat_user_tables left join pg_inherits on inhrelid = relid
        where schemaname = 'public' group by 1) sums)`
