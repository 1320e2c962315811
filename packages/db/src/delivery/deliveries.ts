import type { ConsumerName, DomainEvent } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

/**
 * The unfinished work of a consumer, read and settled. All times are the database's clock. Statements are planned for their
 * ids, so that a look-up in `events` touches only the weeks that the ids (UUIDv7) fall into.
 */

/** An overdue delivery for the sweeper. `type` and `aggregateId` are null when the event itself is missing. */
export type LeasedDelivery = {
  id: string
  type: string | null
  aggregateId: string | null
  attempts: number
  replays: number
}

const eventFields = sql.raw(`e.id, e.type, e.aggregate_type as "aggregateType", e.aggregate_id as "aggregateId",
  e.aggregate_version as "aggregateVersion", e.ordinal, e.actor_id as "actorId", e.as_admin as "asAdmin", e.reason, e.correlation_id as "correlationId",
  e.causation_id as "causationId", e.cascade_id as "cascadeId", e.traceparent, rfc3339(e.occurred_at) as "occurredAt", e.before, e.after`)

const eventNames =
  sql.raw(`id, type, "aggregateType", "aggregateId", "aggregateVersion", ordinal, "actorId", "asAdmin", reason,
  "correlationId", "causationId", "cascadeId", traceparent, "occurredAt", before, after`)

const uuids = (ids: readonly string[]) => sql`${sql.param(ids)}::uuid[]`
const milliseconds = (ms: number) => sql`${ms}::float8 * interval '1 millisecond'`
/** As the index on `due_at` spells it, which is of no use for anything but what is overdue. */
const due = (consumer: ConsumerName) => sql`(consumer || '') = ${consumer}`
/** Errors are for reading, not for keeping: a megabyte of them would end up in every row. */
const maxErrorLength = 2_000

// A delivery that was changed between the statement's snapshot and its lock has moved away from its `ctid`: it is not deleted,
// and therefore not returned either. Its job finds nothing to do, and the sweeper enqueues it again.

/**
 * Takes the consumer's deliveries of these events: deletes them in the caller's transaction, which is to write the effect too.
 * What another transaction holds, and what is done already, is left out.
 * @returns the events in the order of their ids, bodies parsed but unchecked
 */
export function claimEvents(tx: Executor, consumer: ConsumerName, ids: readonly string[]): Promise<DomainEvent[]> {
  return executeOnce<DomainEvent>(
    tx,
    sql`with claimed as materialized (
          select d.ctid as delivery, ${eventFields} from deliveries d join events e on e.id = d.event_id and e.id = any(${uuids(ids)})
          where d.consumer = ${consumer} and d.event_id = any(${uuids(ids)}) and d.target = ''
          order by d.event_id for update of d skip locked
        ), done as (
          delete from deliveries where ctid = any(array(select delivery from claimed)) returning event_id
        )
        select ${eventNames} from claimed where id in (select event_id from done) order by id`,
  )
}

/** The events among these that the consumer has yet to handle, as `claimEvents` gives them, without taking them. */
export function loadUnfinishedEvents(
  on: Executor,
  consumer: ConsumerName,
  ids: readonly string[],
): Promise<DomainEvent[]> {
  return executeOnce<DomainEvent>(
    on,
    sql`select ${eventFields} from deliveries d join events e on e.id = d.event_id and e.id = any(${uuids(ids)})
        where d.consumer = ${consumer} and d.event_id = any(${uuids(ids)}) and d.target = ''
        order by d.event_id`,
  )
}

/** Forgets the deliveries: their effect has happened. @returns how many were still there */
export async function finishDeliveries(on: Executor, consumer: ConsumerName, ids: readonly string[]): Promise<number> {
  const gone = await executeOnce(
    on,
    sql`delete from deliveries where consumer = ${consumer} and event_id = any(${uuids(ids)}) and target = '' returning 1`,
  )
  return gone.length
}

/**
 * Counts a failed attempt and lets the sweeper look away until the next one should have happened.
 * `delaysMs[n - 1]` is the wait after attempt n; after the last of them, the last.
 * @returns the attempts so far and the wait that was chosen; null when the delivery is gone
 */
export async function recordFailure(
  on: Executor,
  failure: {
    consumer: ConsumerName
    eventId: string
    error: string
    delaysMs: readonly [number, ...number[]]
    leaseMs: number
  },
): Promise<{ attempts: number; replays: number; delayMs: number } | null> {
  const [row] = await executeOnce<{ attempts: number; replays: number; delayMs: number }>(
    on,
    sql`update deliveries set attempts = attempts + 1, last_error = ${failure.error.slice(0, maxErrorLength)},
               due_at = now() + ${milliseconds(failure.leaseMs)}
                 + (${sql.param(failure.delaysMs)}::float8[])[least(attempts + 1, ${failure.delaysMs.length}::int)] * interval '1 millisecond'
        where consumer = ${failure.consumer} and event_id = ${failure.eventId}::uuid and target = ''
        returning attempts, replays,
                  (${sql.param(failure.delaysMs)}::float8[])[least(attempts, ${failure.delaysMs.length}::int)] as "delayMs"`,
  )
  return row ?? null
}

/**
 * Gives a delivery up: moves it to the dead letters, with the whole event, in one statement.
 * @returns the dead letter's id; null when the delivery is gone, given up already, or its event is missing
 */
export async function moveToDeadLetters(
  on: Executor,
  { consumer, eventId, error }: { consumer: ConsumerName; eventId: string; error: string },
): Promise<string | null> {
  const [row] = await executeOnce<{ id: string }>(
    on,
    sql`with dead as (
          delete from deliveries d using events e
          where d.consumer = ${consumer} and d.event_id = ${eventId}::uuid and d.target = '' and e.id = d.event_id and e.id = ${eventId}::uuid
          returning d.consumer, d.event_id, d.target, d.attempts, d.replays,
                    (select row_to_json(x) from (select ${eventFields}) x) as event
        )
        insert into dead_letters (consumer, event_id, target, event, attempts, replays, error)
        select consumer, event_id, target, event, attempts, replays, ${error.slice(0, maxErrorLength)} from dead
        on conflict (consumer, event_id, target) do nothing
        returning id`,
  )
  return row?.id ?? null
}

/** Makes deliveries due in `snoozeMs`, without an attempt. @returns how many were still there */
export async function snoozeDeliveries(
  on: Executor,
  { consumer, ids, snoozeMs }: { consumer: ConsumerName; ids: readonly string[]; snoozeMs: number },
): Promise<number> {
  const snoozed = await executeOnce(
    on,
    sql`update deliveries set due_at = now() + ${milliseconds(snoozeMs)}
        where consumer = ${consumer} and event_id = any(${uuids(ids)}) and target = '' returning 1`,
  )
  return snoozed.length
}

/** What a lease of overdue deliveries may touch. */
export type Overdue = {
  limit: number
  leaseMs: number
  /** Only what was due by then: younger deliveries still have their job in the queue. */
  notAfter: Date | null
  /** Events that a running job holds. */
  except: readonly string[]
}

/**
 * Leases the consumer's overdue deliveries, the longest overdue first: whoever gets them enqueues them, and nobody
 * else does so within `leaseMs`. Never waits for a delivery that is being worked on.
 */
export function leaseOverdue(on: Executor, consumer: ConsumerName, overdue: Overdue): Promise<LeasedDelivery[]> {
  return executeOnce<LeasedDelivery>(
    on,
    sql`with overdue as materialized (
          select ctid, event_id from deliveries
          where ${due(consumer)} and target = '' and due_at <= least(now(), ${overdue.notAfter?.toISOString() ?? null}::timestamptz)
            and event_id <> all(${uuids(overdue.except)})
          order by due_at limit ${overdue.limit} for update skip locked
        ), leased as (
          update deliveries set due_at = now() + ${milliseconds(overdue.leaseMs)}
          where ctid = any(array(select ctid from overdue))
          returning event_id, attempts, replays
        )
        select l.event_id as id, e.type, e.aggregate_id as "aggregateId", l.attempts, l.replays
        from leased l left join events e on e.id = l.event_id order by l.event_id`,
  )
}

/** As `leaseOverdue`, for these very events, due or not. */
export function leaseDeliveries(
  on: Executor,
  { consumer, ids, leaseMs }: { consumer: ConsumerName; ids: readonly string[]; leaseMs: number },
): Promise<LeasedDelivery[]> {
  return executeOnce<LeasedDelivery>(
    on,
    sql`with leased as (
          update deliveries set due_at = now() + ${milliseconds(leaseMs)}
          where consumer = ${consumer} and event_id = any(${uuids(ids)}) and target = ''
          returning event_id, attempts, replays
        )
        select l.event_id as id, e.type, e.aggregate_id as "aggregateId", l.attempts, l.replays
        from leased l left join events e on e.id = l.event_id order by l.event_id`,
  )
}

/** How long the consumer's longest overdue delivery has been due, in seconds; 0 when none is. Reads one index entry. */
export async function oldestOverdueSeconds(on: Executor, consumer: ConsumerName): Promise<number> {
  const [row] = await executeOnce<{ seconds: number | null }>(
    on,
    sql`select extract(epoch from now() - min(due_at))::float8 as seconds from deliveries where ${due(consumer)}`,
  )
  return Math.max(0, row?.seconds ?? 0)
}
