import { sql } from 'drizzle-orm'
import { uuid } from '../engine/parameters.ts'
import { type Executor, executeOnce, prepareStatement } from '../engine/statement.ts'

/** The delivery or dead letter `d` that carries the run `run`. */
const ofRun = sql`using run
  where d.consumer = 'sync' and d.target = run.webhook_id::text and d.event_id = run.event_id`

const complete = prepareStatement<{ goals: number; tasks: number; skipped: number; failed: number }>(
  'sync_run_complete',
  sql`with run as (
        update sync_runs set state = 'completed', ended_at = now(), leased_until = null
        where id = ${uuid('id')} and turn = ${sql.placeholder('turn')}::int and state = 'running'
        returning id, owner_id, webhook_id, event_id, goals, tasks, skipped, created_at, started_at, ended_at,
          (select count(*)::int from sync_run_failures f where f.run_id = sync_runs.id) as failed
      ), finished as (delete from deliveries d ${ofRun}), emitted as (
        insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, correlation_id,
                            causation_id, traceparent, after)
        select 'sync:completed', 'sync_run', run.id, 2, 0, run.owner_id, cause.correlation_id, cause.id,
               cause.traceparent, json_build_object(
                 'id', run.id, 'userId', owner_id, 'webhookId', webhook_id, 'createdAt', rfc3339(created_at),
                 'goals', goals, 'tasks', tasks, 'skipped', skipped, 'failed', failed,
                 'startedAt', rfc3339(started_at), 'endedAt', rfc3339(ended_at))
        from run left join events cause on cause.id = run.event_id
        returning id, xid, position
      ), readers as (
        insert into event_readers (reader_id, xid, position, event_id, visibility)
        select run.owner_id, emitted.xid, emitted.position, emitted.id, 'gained' from emitted cross join run
      ), queued as (
        insert into deliveries (consumer, event_id, target, due_at)
        select 'sync', emitted.id, run.webhook_id::text, now() from emitted cross join run
      )
      select goals, tasks, skipped, failed from run`,
)

/**
 * Completes a run, ends the delivery that carried it, and emits `sync:completed` to its webhook.
 * @returns its counts, or undefined when the turn is over
 */
export const completeSyncRun = async (db: Executor, run: { id: string; turn: number }) => (await complete(db, run))[0]

type Ending = { id: string; state: 'failed' | 'cancelled'; error: string | null }

/**
 * Ends a run that cannot go on or that its owner no longer wants. The requests that are on their way end. `error` is
 * for the owner. @returns whether the run was active
 */
export async function endSyncRun(db: Executor, { id, state, error }: Ending): Promise<boolean> {
  const ended = await executeOnce<object>(
    db,
    sql`with run as (
          update sync_runs set state = ${state}, error = ${error}::text, ended_at = now(), leased_until = null
          where id = ${id}::uuid and state in ('pending', 'running') returning id, webhook_id, event_id
        ), finished as (delete from deliveries d ${ofRun}), dropped as (delete from dead_letters d ${ofRun})
        select from run`,
    'sync_run_end',
  )
  return ended.length > 0
}
