import { type Executor, executeOnce } from '@goals-tasks/db'
import { type ConsumerName, consumerNames } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'

/** What a consumer has not done of an event: a delivery that is left, or the dead letter that it became. */
export type Work = {
  consumer: ConsumerName
  eventId: string
  attempts: number
  replays: number
  error: string | null
  /** When the sweeper may enqueue it again; null for a dead letter. Instants are RFC 3339, UTC. */
  dueAt: string | null
  deadLetterId: string | null
  diedAt: string | null
}

/** Both kinds as of one moment: work that moves from one to the other meanwhile is neither missed nor doubled. */
export const loadWork = (on: Executor, eventIds: readonly string[]) =>
  executeOnce<Work>(
    on,
    sql`select consumer, event_id as "eventId", attempts, replays, last_error as error, rfc3339(due_at) as "dueAt",
               null as "deadLetterId", null as "diedAt"
        from deliveries where ${ofEvents(eventIds)}
        union all
        select consumer, event_id, attempts, replays, error, null, id, rfc3339(died_at) from dead_letters where ${ofEvents(eventIds)}`,
  )

const ofEvents = (ids: readonly string[]) =>
  sql`consumer = any(${sql.param(consumerNames)}::text[]) and event_id = any(${sql.param(ids)}::uuid[])`
