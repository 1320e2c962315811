import { startSyncRun } from '@goals-tasks/db'
import type pg from 'pg'
import { type RunLimits, runLimits } from '../../src/consumers/sync/runs/limits.ts'

/** Limits under which a run and its retries take milliseconds. */
export const quickRuns: RunLimits = {
  ...runLimits,
  messagesPerSecond: 10_000,
  leaseMs: 5_000,
  retryWaitsMs: [5, 5, 5, 5],
}

/** Starts a run of goals and tasks, as the API does. Returns its id. */
export async function startRun(pool: pg.Pool, { id, ownerId }: { id: string; ownerId: string }): Promise<string> {
  const webhook = { webhookId: id, withGoals: true, withTasks: true }
  const runId = await startSyncRun(pool, webhook, { types: ['sync:triggered'], actorId: ownerId })
  if (runId === undefined) throw new Error('the webhook has a run')
  return runId
}

/** Returns the state and the numbers of a run. */
export async function loadRun(pool: pg.Pool, id: string) {
  const { rows } = await pool.query(
    `select state, stage, total, goals, tasks, skipped, error, turn,
       (select count(*)::int from sync_run_failures where run_id = sync_runs.id) as failures
     from sync_runs where id = $1`,
    [id],
  )
  return rows[0]
}
