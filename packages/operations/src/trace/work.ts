import { type Executor, executeOnce } from '@goals-tasks/db'
import { type ConsumerName, consumerNames } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'

/** The unfinished work of a consumer on an event: a pending delivery or a dead letter. Instants are RFC 3339, UTC. */
export type Work = {
  consumer: ConsumerName
  eventId: string
  /** The id of the webhook. Empty when the consumer itself is the target. */
  target: string
  attempts: number
  replays: number
  error: string | null
  /** Time from which the sweeper may enqueue the delivery again. Null for a dead letter. */
  dueAt: string | null
  /** Null for a delivery, like `diedAt`. */
  deadLetterId: string | null
  diedAt: string | null
}

/** One statement reads both tables, so work that moves between them at the same time appears exactly once. */
export const loadWork = (db: Executor, eventIds: readonly string[]) =>
  executeOnce<Work>(
    db,
    sql`select consumer, event_id as "eventId", target, attempts, replays, last_error as error,
               rfc3339(due_at) as "dueAt", null as "deadLetterId", null as "diedAt"
        from deliveries where ${ofEvents(eventIds)}
        union all
        select consumer, event_id, target, attempts, replays, error, null, id, rfc3339(died_at)
        from dead_letters where ${ofEvents(eventIds)}`,
  )

const ofEvents = (ids: readonly string[]) =>
  sql`consumer = any(${sql.param(consumerNames)}::text[]) and event_id = any(${sql.param(ids)}::uuid[])`
