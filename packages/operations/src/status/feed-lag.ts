import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'

/**
 * Returns the age in seconds of the oldest open transaction that has written, and 0 without one. Readers of the feed
 * see its events when it has committed. A role without `pg_read_all_stats` sees only its own transactions.
 */
export async function loadFeedLag(db: Executor): Promise<number> {
  const [row] = await executeOnce<{ seconds: number }>(
    db,
    sql`select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 as seconds
        from pg_stat_activity where datname = current_database() and backend_xid is not null`,
    'status_feed_lag',
  )
  return row?.seconds ?? 0
}
