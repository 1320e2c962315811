import { bodyOf, type Executor, executeOnce } from '@goals-tasks/db'
import { changesBetween, consumerNames } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'

/** An event without its bodies. `changed` names the changed fields, without `version` and `updatedAt`. */
export type TracedEvent = {
  id: string
  type: string
  aggregateType: string
  aggregateId: string
  aggregateVersion: number
  ordinal: number
  actorId: string
  asAdmin: boolean
  /** The API key that the actor used. */
  via: string | null
  reason: string | null
  correlationId: string | null
  causationId: string | null
  cascadeId: string | null
  /** RFC 3339, UTC. */
  occurredAt: string
  changed: string[]
}
/** `after` is null when the weekly partition of the primary event was dropped before that of its milestone. */
type Row = Omit<TracedEvent, 'changed'> & { before: object | null; after: object | null }

/** Loads an event, or the copy in its dead letter when the weekly partition of the event was dropped. */
export async function loadEvent(db: Executor, id: string): Promise<TracedEvent | undefined> {
  const [row] = await executeOnce<Row>(db, sql`select ${columns} from events e where id = ${id}::uuid`)
  if (row) return withoutBodies(row)
  const [deadLetter] = await executeOnce<{ event: Row }>(
    db,
    sql`select event from dead_letters
        where consumer = any(${sql.param(consumerNames)}::text[]) and event_id = ${id}::uuid limit 1`,
  )
  return deadLetter && withoutBodies(deadLetter.event)
}

/** Loads the newest events of an entity within the retention, the last first. */
export async function loadEventsOf(db: Executor, aggregateId: string, limit: number): Promise<TracedEvent[]> {
  const rows = await executeOnce<Row>(
    db,
    sql`select ${columns} from events e where aggregate_id = ${aggregateId}::uuid
        order by aggregate_version desc, ordinal desc limit ${limit}`,
  )
  return rows.map(withoutBodies)
}

const columns = sql`id, type, aggregate_type as "aggregateType", aggregate_id as "aggregateId",
  aggregate_version as "aggregateVersion", ordinal, actor_id as "actorId", as_admin as "asAdmin", via, reason,
  correlation_id as "correlationId", causation_id as "causationId", cascade_id as "cascadeId",
  rfc3339(occurred_at) as "occurredAt", ${bodyOf('before')} as before, ${bodyOf('after')} as after`

/** Fields that every change updates. */
const alwaysChanged = ['version', 'updatedAt']

function withoutBodies({ before, after, ...event }: Row): TracedEvent {
  const changes = after === null ? {} : changesBetween(before, after)
  const changed = Object.keys(changes).filter((field) => !alwaysChanged.includes(field))
  return { ...event, asAdmin: event.asAdmin ?? false, via: event.via ?? null, changed }
}
