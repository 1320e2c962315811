import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'

/** Only the audit log of a `purged` goal or task is left. A notification and a sync run have no version. */
export type TracedEntity = {
  id: string
  kind: 'goal' | 'task' | 'notification' | 'webhook' | 'sync run'
  state: 'live' | 'deleted' | 'purged' | 'pending' | 'running' | 'completed' | 'failed' | 'cancelled'
  version: number | null
}

/** Returns undefined when the id is not that of an entity. */
export async function loadEntity(db: Executor, id: string): Promise<TracedEntity | undefined> {
  const [entity] = await executeOnce<TracedEntity>(
    db,
    sql`select ${id} as id, kind, state, version from (
          select 'goal' as kind, ${state} as state, version from goals where id = ${id}::uuid
          union all
          select 'task', ${state}, version from tasks where id = ${id}::uuid
          union all
          select 'notification', 'live', null from notifications where id = ${id}::uuid
          union all
          select 'webhook', 'live', version from webhooks where id = ${id}::uuid
          union all
          select 'sync run', state, null from sync_runs where id = ${id}::uuid
          union all
          (select 'goal', 'purged', version from goal_audit_log
           where goal_id = ${id}::uuid order by version desc limit 1)
          union all
          (select 'task', 'purged', version from task_audit_log
           where task_id = ${id}::uuid order by version desc limit 1)
        ) e order by (state = 'purged') limit 1`,
  )
  return entity
}

const state = sql`case when deleted_at is null then 'live' else 'deleted' end`
