import type { RecordedFailure } from '@goals-tasks/db'
import type { DomainEvent, JobEvent } from '@goals-tasks/events'

/** The results of a job's events. An event that is missing was finished before, or another worker holds it. */
export type JobResult = {
  done: readonly Pick<DomainEvent, 'id' | 'occurredAt' | 'correlationId'>[]
  skipped: number
  snoozed: readonly SnoozedEvent[]
  failures: readonly Failure[]
}

export type SnoozedEvent = { event: JobEvent; until: Date; reason: string }

/** A failed attempt at one event. A final one moves the event to the dead letters; after others it is tried again. */
export type Failure = {
  event: JobEvent
  error: unknown
  isFinal: boolean
  /** The record of the failure when its consumer has written it. Null when the delivery no longer exists. */
  recorded?: RecordedFailure | null
}

export const emptyResult: JobResult = { done: [], skipped: 0, snoozed: [], failures: [] }
