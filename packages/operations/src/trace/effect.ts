import type { Executor } from '@goals-tasks/db'
import type { TracedEvent } from './events.ts'

/** A notification that an event caused, without its text. Instants are RFC 3339, UTC. */
export type TracedNotification = {
  id: string
  eventId: string
  userId: string
  kind: string
  channel: string
  createdAt: string
  readAt: string | null
}

/**
 * The trace of an event without work left at a consumer. `missing` means that the effect should be there and is not: an
 * operator discarded the dead letter, or the consumer was not subscribed at the time. `no receiver` means that the
 * event was committed while the consumer had none.
 */
export type FinishedTrace =
  | { state: 'done'; at: string | null; notifications: TracedNotification[] | null }
  | { state: 'missing' }
  | { state: 'no receiver' }

/**
 * Loads what finished events left behind at one consumer. The result returns the trace of each event.
 * All events are of one entity.
 */
export type Effect = (db: Executor, events: readonly TracedEvent[]) => Promise<(event: TracedEvent) => FinishedTrace>
