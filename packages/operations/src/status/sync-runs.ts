import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import { countedUpTo } from './counted-up-to.ts'

/** The sync runs that are not over. Each count stops at `countedUpTo`. */
export type SyncRunStatus = {
  /** Runs of which nothing was sent so far. */
  pending: number
  running: number
  /** Age of the oldest of those counted, in seconds. Null without any. */
  oldestSeconds: number | null
  /** Runs without the delivery of their event: no worker goes on with them, and their webhooks get no other run. */
  stuck: number
}

/** Counts the sync runs that are not over. An index of these runs leads to them. */
export async function loadSyncRunStatus(db: Executor): Promise<SyncRunStatus> {
  const [row] = await executeOnce<SyncRunStatus>(
    db,
    sql`select count(*) filter (where state = 'pending')::int as pending,
               count(*) filter (where state = 'running')::int as running,
               extract(epoch from now() - min(created_at))::float8 as "oldestSeconds",
               count(*) filter (where not exists (
                 select from deliveries d where d.consumer = 'sync' and d.event_id = run.event_id))::int as stuck
        from (select * from sync_runs where state in ('pending', 'running') limit ${countedUpTo}) run`,
    'status_sync_runs',
  )
  return row ?? { pending: 0, running: 0, oldestSeconds: null, stuck: 0 }
}
