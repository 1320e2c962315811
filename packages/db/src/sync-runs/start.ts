import { sql } from 'drizzle-orm'
import { type EventMetadata, metadataValues } from '../changes/events.ts'
import { uuid } from '../engine/parameters.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'

const start = prepareStatement<{ id: string }>(
  'sync_run_start',
  sql`with run as (
        insert into sync_runs (owner_id, webhook_id, with_goals, with_tasks, stage)
        select owner_id, id, ${sql.placeholder('withGoals')}::boolean, ${sql.placeholder('withTasks')}::boolean,
               case when ${sql.placeholder('withGoals')}::boolean then 'goals' else 'tasks' end
        from webhooks where id = ${uuid('webhookId')} and is_enabled and owner_id is not null
        on conflict (webhook_id) where state in ('pending', 'running') do nothing
        returning id, owner_id, webhook_id, event_id, created_at
      ), emitted as (
        insert into events (id, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, as_admin, via,
                            correlation_id, traceparent, after)
        select event_id, 'sync:triggered', 'sync_run', id, 1, 0, ${uuid('actorId')},
               ${sql.placeholder('asAdmin')}::boolean,
               ${uuid('via')}, ${sql.placeholder('correlationId')}::text, ${sql.placeholder('traceparent')}::text,
               json_build_object('id', id, 'userId', owner_id, 'webhookId', webhook_id,
                                 'createdAt', rfc3339(created_at))
        from run returning id
      ), queued as (
        insert into deliveries (consumer, event_id, target, due_at)
        select 'sync', emitted.id, run.webhook_id::text, now() from emitted cross join run
      )
      select id from run`,
)

/**
 * Starts a run that sends all goals or tasks of the owner of a webhook to it. The run begins with the delivery of its
 * event, which is due at once. @returns undefined when the webhook has a run, is disabled or does not exist
 */
export async function startSyncRun(
  db: Executor,
  webhook: { webhookId: string; withGoals: boolean; withTasks: boolean },
  metadata: EventMetadata,
): Promise<string | undefined> {
  const [run] = await start(db, { ...metadataValues(metadata), ...webhook })
  return run?.id
}
