import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import { hostOf } from '../webhooks/host-of.ts'

/** The progress of a sync run. `host` is null when its webhook was deleted. */
export type TracedSyncRun = {
  webhookId: string
  host: string | null
  /** Goals are sent first, then tasks, then those that the receiver refused. */
  stage: 'goals' | 'tasks' | 'retries'
  /** Null before the run begins. */
  total: number | null
  goals: number
  tasks: number
  skipped: number
  retrying: number
  failed: number
  /** How often a process took the run. */
  turns: number
  error: string | null
}

/** Loads the progress of a sync run. Returns undefined when the id is not that of a run. */
export async function loadTracedSyncRun(db: Executor, id: string): Promise<TracedSyncRun | undefined> {
  const [run] = await executeOnce<Omit<TracedSyncRun, 'host'> & { url: string | null }>(
    db,
    sql`select webhook_id as "webhookId", url, stage, total, goals, tasks, skipped, turn as turns, error,
               failure.retrying, failure.failed
        from sync_runs run
        left join webhooks on webhooks.id = webhook_id
        cross join lateral (
          select count(*) filter (where due_at is not null)::int as retrying,
                 count(*) filter (where due_at is null)::int as failed
          from sync_run_failures where run_id = run.id
        ) failure
        where run.id = ${id}::uuid`,
  )
  if (!run) return undefined
  const { url, ...progress } = run
  return { ...progress, host: url === null ? null : hostOf(url) }
}
