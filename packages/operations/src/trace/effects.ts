import { type Executor, executeOnce } from '@goals-tasks/db'
import { isSubscribed } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type { TracedEvent } from './events.ts'

/** Instants are RFC 3339, UTC. */
export type TracedNotification = {
  id: string
  eventId: string
  userId: string
  kind: string
  channel: string
  createdAt: string
  readAt: string | null
}

/** When each event's audit row was written, by the event's id. All events are of one entity. */
export async function loadAudited(on: Executor, events: readonly TracedEvent[]): Promise<Map<string, string>> {
  const versions = events.flatMap((event) => (isSubscribed('audit-log', event.type) ? [event.aggregateVersion] : []))
  const [first] = events
  if (!first || versions.length === 0) return new Map()
  const rows = await executeOnce<{ eventId: string; recordedAt: string }>(
    on,
    sql`select event_id as "eventId", rfc3339(recorded_at) as "recordedAt"
        from goal_audit_log where goal_id = ${first.aggregateId}::uuid and version = any(${sql.param(versions)}::int[])
        union all
        select event_id, rfc3339(recorded_at)
        from task_audit_log where task_id = ${first.aggregateId}::uuid and version = any(${sql.param(versions)}::int[])`,
  )
  return new Map(rows.map((row) => [row.eventId, row.recordedAt]))
}

/**
 * Whom the events made the service tell, without what it told them. No index leads to a notification by its event; but it
 * came later, and its key is a time: what an operator asks about is mostly among the newest.
 */
export async function loadNotifications(on: Executor, events: readonly TracedEvent[]): Promise<TracedNotification[]> {
  const ids = events.flatMap((event) => (isSubscribed('notifications', event.type) ? [event.id] : [])).sort()
  const [oldest] = ids
  if (oldest === undefined) return []
  return executeOnce<TracedNotification>(
    on,
    sql`select id, event_id as "eventId", user_id as "userId", kind, channel,
               rfc3339(created_at) as "createdAt", rfc3339(read_at) as "readAt"
        from notifications where event_id = any(${sql.param(ids)}::uuid[])
          and id >= uuidv7_floor(uuid_extract_timestamp(${oldest}::uuid) - interval '1 hour')
        order by id`,
  )
}
