import type { Executor } from '@goals-tasks/db'
import type { TracedEvent } from './events.ts'

/**
 * The mail of a notification of the channel `email`, or the reason why a notification in the application has none.
 * `at` is when it was sent, moved to the dead letters, is tried next, or its digest is due.
 * `reason` says why it was not sent, or not yet.
 */
export type TracedMail = {
  state: 'sent' | 'held' | 'pending' | 'dead' | 'skipped' | 'none'
  at: string | null
  reason: string | null
}

/** A notification that an event caused, without its text. Instants are RFC 3339, UTC. */
export type TracedNotification = {
  id: string
  eventId: string
  userId: string
  kind: string
  channel: string
  createdAt: string
  readAt: string | null
  /** Null for a notification in the application that a mail accompanies. */
  mail: TracedMail | null
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
