import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'

/** `purged`: nothing but its trail is left. */
export type TracedEntity = {
  id: string
  kind: 'goal' | 'task' | 'notification'
  state: 'live' | 'deleted' | 'purged'
  version: number | null
}

export async function loadEntity(on: Executor, id: string): Promise<TracedEntity | undefined> {
  const [entity] = await executeOnce<TracedEntity>(
    on,
    sql`select ${id} as id, kind, state, version from (
          select 'goal' as kind, case when deleted_at is null then 'live' else 'deleted' end as state, version from goals where id = ${id}::uuid
          union all
          select 'task', case when deleted_at is null then 'live' else 'deleted' end, version from tasks where id = ${id}::uuid
          union all
          select 'notification', 'live', null from notifications where id = ${id}::uuid
          union all
          (select 'goal', 'purged', version from goal_audit_log where goal_id = ${id}::uuid order by version desc limit 1)
          union all
          (select 'task', 'purged', version from task_audit_log where task_id = ${id}::uuid order by version desc limit 1)
        ) e order by (state = 'purged') limit 1`,
  )
  return entity
}
