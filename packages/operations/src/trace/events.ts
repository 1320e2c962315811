import { type Executor, executeOnce } from '@goals-tasks/db'
import { changesBetween, consumerNames } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'

/** An event without its bodies: who did what to what and when, and which fields that changed. */
export type TracedEvent = {
  id: string
  type: string
  aggregateType: string
  aggregateId: string
  aggregateVersion: number
  ordinal: number
  actorId: string
  asAdmin: boolean
  reason: string | null
  correlationId: string | null
  causationId: string | null
  cascadeId: string | null
  /** RFC 3339, UTC. */
  occurredAt: string
  changed: string[]
}
type Row = Omit<TracedEvent, 'changed'> & { before: object | null; after: object }

/** An event; once its week is gone, as a dead letter keeps it. */
export async function loadEvent(on: Executor, id: string): Promise<TracedEvent | undefined> {
  const [row] = await executeOnce<Row>(on, sql`select ${columns} from events where id = ${id}::uuid`)
  if (row) return withoutBodies(row)
  const [buried] = await executeOnce<{ event: Row }>(
    on,
    sql`select event from dead_letters
        where consumer = any(${sql.param(consumerNames)}::text[]) and event_id = ${id}::uuid limit 1`,
  )
  return buried && withoutBodies(buried.event)
}

/** The newest events of an entity, as far as the retention goes back. */
export async function loadEventsOf(on: Executor, aggregateId: string, limit: number): Promise<TracedEvent[]> {
  const rows = await executeOnce<Row>(
    on,
    sql`select ${columns} from events where aggregate_id = ${aggregateId}::uuid
        order by aggregate_version desc, ordinal desc limit ${limit}`,
  )
  return rows.map(withoutBodies)
}

const columns = sql`id, type, aggregate_type as "aggregateType", aggregate_id as "aggregateId",
  aggregate_version as "aggregateVersion", ordinal, actor_id as "actorId", as_admin as "asAdmin", reason,
  correlation_id as "correlationId", causation_id as "causationId", cascade_id as "cascadeId",
  rfc3339(occurred_at) as "occurredAt", before, after`

/** They move with every change. */
const trivial = ['version', 'updatedAt']

function withoutBodies({ before, after, ...event }: Row): TracedEvent {
  const changed = Object.keys(changesBetween(before, after)).filter((field) => !trivial.includes(field))
  return { ...event, asAdmin: event.asAdmin ?? false, changed }
}
