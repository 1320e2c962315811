import { type Executor, executeOnce } from '@goals-tasks/db'
import { isSubscribed } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type { Effect } from './effect.ts'
import type { TracedEvent } from './events.ts'

/** The effect of `audit-log`: one row per version of the entity. */
export const loadAuditRows: Effect = async (db, events) => {
  const recordedAt = await loadRecordedAt(db, events)
  return ({ id }) => {
    const at = recordedAt.get(id)
    return at === undefined ? { state: 'missing' } : { state: 'done', at, notifications: null }
  }
}

/** Returns when the audit row of each event was written (RFC 3339, UTC), by the event's id. */
async function loadRecordedAt(db: Executor, events: readonly TracedEvent[]): Promise<Map<string, string>> {
  const versions = events.flatMap((event) => (isSubscribed('audit-log', event.type) ? [event.aggregateVersion] : []))
  const [first] = events
  if (!first || versions.length === 0) return new Map()
  const id = first.aggregateId
  const rows = await executeOnce<{ eventId: string; recordedAt: string }>(
    db,
    sql`select event_id as "eventId", rfc3339(recorded_at) as "recordedAt"
        from goal_audit_log where goal_id = ${id}::uuid and version = any(${sql.param(versions)}::int[])
        union all
        select event_id, rfc3339(recorded_at)
        from task_audit_log where task_id = ${id}::uuid and version = any(${sql.param(versions)}::int[])`,
  )
  return new Map(rows.map((row) => [row.eventId, row.recordedAt]))
}
