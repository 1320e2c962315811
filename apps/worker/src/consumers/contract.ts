import type { Executor, Publish, RecordedFailure, Tx } from '@goals-tasks/db'
import type { ConsumerName, EventFor, JobEvent } from '@goals-tasks/events'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { JobResult } from '../runtime/processing/job-result.ts'
import type { ConsumerResult } from './results.ts'

/**
 * A consumer is one kind of effect: a value, or made by `createX(deps)` with the dependencies that it needs.
 * The runtime calls it and owns the rest: claims, retries, snoozes, dead letters. Events arrive in any order;
 * `aggregateVersion` orders the events of one entity.
 */
export type Consumer<C extends ConsumerName> = Transactional<C> | External<C> | InSql | PerTarget

/**
 * The effect lies in this Postgres. It commits together with the end of the deliveries, so it happens exactly once.
 * The events come in the order of their ids, none of them twice.
 * There is no result per event: an effect in Postgres waits for nothing outside, so it has no reason to snooze.
 * A thrown error rolls everything back. Each event then runs in a transaction of its own.
 */
export type Transactional<C extends ConsumerName> = {
  kind: 'transactional'
  run(tx: Tx, events: readonly EventFor<C>[]): Promise<void>
}

/**
 * The effect lies outside of this Postgres. The effect happens first, then the delivery ends. So it happens at least
 * once, and the receiver recognizes a repetition by the event's id. A thrown error is a failed attempt at this event.
 */
export type External<C extends ConsumerName> = {
  kind: 'external'
  /** Returns true when no event needs an effect. The deliveries then end without reading their events. */
  isIdle?(): boolean
  /** `publish` enqueues events that the consumer has committed, when it records its effect. */
  run(event: EventFor<C>, publish: Publish): Promise<ConsumerResult>
}

/**
 * The effect is one statement: it claims the deliveries, writes the effect and deletes the deliveries of the written
 * events, so no body of an event leaves Postgres. An event without a delivery, or whose delivery another transaction
 * holds, is missing in the result. A thrown error means that nothing was written. Each event then runs on its own.
 */
export type InSql = {
  kind: 'sql'
  run(db: Executor, ids: readonly string[]): Promise<readonly WrittenEvent[]>
}

/** An event that the statement found. With a `problem` it was not written, and its delivery is still there. */
export type WrittenEvent = {
  id: string
  /** RFC 3339, UTC. */
  occurredAt: string
  correlationId: string | null
  problem: string | null
  /** No later attempt can succeed. */
  isMalformed: boolean
}

/**
 * The effect lies outside of this Postgres, in several places: the targets. A job has the events of one target.
 * The consumer ends the deliveries of what is done, and records failures with `recordFailure`, each in the transaction
 * with its own records. It returns the failures for the runtime to retry, and snoozes the events of a target that takes
 * none now. So an effect happens at least once, and a slow target slows no other.
 */
export type PerTarget = {
  kind: 'per-target'
  run(job: TargetJob): Promise<JobResult>
}

/** The events of one target, and the parts of the runtime that a consumer needs to handle them. */
export type TargetJob = {
  /** Empty when the consumer itself is the target. */
  target: string
  events: readonly JobEvent[]
  pool: pg.Pool
  log: Logger
  /** Aborts when the process stops. The consumer then ends what it has begun, and snoozes the rest. */
  signal: AbortSignal
  /** Call after each attempt. */
  onProgress(): void
  /** Repeats `work` while our own Postgres is away. */
  whileUnavailable<T>(work: () => Promise<T>): Promise<T>
  /** Counts a failed attempt and sets the time of the next one. @returns null when the delivery no longer exists */
  recordFailure(tx: Executor, event: JobEvent, error: unknown): Promise<RecordedFailure | null>
}

/** Every consumer by its name. A name without its consumer does not compile. */
export type Consumers = { [C in ConsumerName]: Consumer<C> }
