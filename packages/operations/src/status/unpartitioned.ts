import { type Executor, eventRetentionDays, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import { countedUpTo } from './counted-up-to.ts'

/**
 * Counts the events of the DEFAULT partition that are younger than the retention. Older ones do not count: a replay may
 * restore an event whose weekly partition was dropped.
 */
export async function countUnpartitionedEvents(db: Executor): Promise<number> {
  const [row] = await executeOnce<{ count: number }>(
    db,
    sql`select count(*)::int as count from (
          select from events_default
          where id >= uuidv7_floor(now() - make_interval(days => ${eventRetentionDays}::int)) limit ${countedUpTo}) e`,
    'status_unpartitioned',
  )
  return row?.count ?? 0
}
