import type pg from 'pg'

export type EventRow = {
  id: string
  type: string
  ordinal: number
  version: number
  reason: string | null
  cascade: string | null
  actor: string
  asAdmin: boolean
  correlationId: string
  causationId: string | null
  before: Record<string, unknown> | null
  after: Record<string, unknown>
  readers: string[]
}

/** Returns every event of a goal or task, oldest first. Milestones have the bodies of their primary events. */
export async function loadEvents(pool: pg.Pool, entityId: string): Promise<EventRow[]> {
  const { rows } = await pool.query<EventRow>(
    `select id, type, ordinal, aggregate_version as version, reason, cascade_id as cascade, actor_id as actor,
            as_admin as "asAdmin", correlation_id as "correlationId", causation_id as "causationId",
            first_value(after::jsonb || before::jsonb) over primary_first as before,
            first_value(after) over primary_first as after,
            (select array_agg(reader_id) from event_readers where event_id = events.id) as readers
     from events where aggregate_id = $1
     window primary_first as (partition by aggregate_version order by ordinal)
     order by position`,
    [entityId],
  )
  return rows
}
