import type { ConsumerName } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { milliseconds } from '../engine/parameters.ts'
import { type Executor, executeOnce } from '../engine/statement.ts'
import { type DeliveryKey, isNoneOf, isOneOf } from './delivery-key.ts'

/** A delivery to enqueue. `type` and `aggregateId` are null when the event itself is missing. */
export type LeasedDelivery = {
  id: string
  /** Empty when the consumer itself is the target. */
  target: string
  type: string | null
  aggregateId: string | null
  /** The span that caused the event. */
  traceparent: string | null
  attempts: number
  replays: number
  /** When it was due before its lease, and when the lease ends, as text with microseconds. */
  dueAt: string
  leasedUntil: string
}

/** The deliveries that a lease may take. */
export type Overdue = {
  limit: number
  leaseMs: number
  /** Leases only deliveries that were due from then on. The index entries before are not read. */
  from: string
  /** Leases only deliveries that were due by then, because younger ones still have their job in the queue. */
  notAfter: Date | null
  /** Deliveries that a running job holds. */
  except: readonly DeliveryKey[]
}

/** The deliveries of the consumer, spelled as in the index on `due_at`, which serves overdue deliveries only. */
export const dueOf = (consumer: ConsumerName) => sql`(consumer || '') = ${consumer}`

/**
 * Leases the consumer's overdue deliveries, the longest overdue first: makes them due in `leaseMs`, so no other process
 * enqueues them before. Skips deliveries that another transaction holds.
 */
export function leaseOverdue(db: Executor, consumer: ConsumerName, overdue: Overdue): Promise<LeasedDelivery[]> {
  const { limit, leaseMs, from, notAfter, except } = overdue
  return executeOnce<LeasedDelivery>(
    db,
    sql`with overdue as materialized (
          select ctid from deliveries
          where ${dueOf(consumer)} and ${isNoneOf(except)}
            and due_at >= ${from}::timestamptz
            and due_at <= least(now(), ${notAfter?.toISOString() ?? null}::timestamptz)
          order by due_at limit ${limit} for update skip locked
        ), ${leased(leaseMs, sql`ctid = any(array(select ctid from overdue))`)} ${leasedDeliveries}`,
    'deliveries_lease_overdue',
  )
}

/** Leases these deliveries of the consumer, due or not, as `leaseOverdue` does. */
export function leaseDeliveries(
  db: Executor,
  { consumer, events, leaseMs }: { consumer: ConsumerName; events: readonly DeliveryKey[]; leaseMs: number },
): Promise<LeasedDelivery[]> {
  const wanted = sql`consumer = ${consumer} and ${isOneOf(events)}`
  return executeOnce<LeasedDelivery>(db, sql`with ${leased(leaseMs, wanted)} ${leasedDeliveries}`, 'deliveries_lease')
}

/** Makes these deliveries of the consumer due at once, for example because their jobs were removed. */
export async function endLeases(db: Executor, consumer: ConsumerName, events: readonly DeliveryKey[]): Promise<void> {
  await executeOnce(
    db,
    sql`update deliveries set due_at = now()
        where consumer = ${consumer} and ${isOneOf(events)} and due_at > now()`,
    'deliveries_end_lease',
  )
}

/**
 * Ends leases whose deliveries got no job. Makes each delivery due when it was due before, so that it counts as overdue
 * for as long as it is. Leaves a delivery alone that has another due time by now, for example a failed attempt's.
 */
export async function returnLeases(
  db: Executor,
  consumer: ConsumerName,
  deliveries: readonly LeasedDelivery[],
): Promise<void> {
  const rows = JSON.stringify(
    deliveries.map(({ id, target, dueAt, leasedUntil }) => ({ id, target, dueAt, leasedUntil })),
  )
  await executeOnce(
    db,
    sql`update deliveries set due_at = lease."dueAt"
        from json_to_recordset(${rows}::json) 
          as lease(id uuid, target text, "dueAt" timestamptz, "leasedUntil" timestamptz)
        where consumer = ${consumer} and event_id = lease.id and deliveries.target = lease.target
          and due_at = lease."leasedUntil"`,
    'deliveries_return_lease',
  )
}

const leased = (leaseMs: number, condition: SQL) => sql`leased as (
  update deliveries set due_at = now() + ${milliseconds(leaseMs)} where ${condition}
  returning event_id, target, attempts, replays, old.due_at as due_at, new.due_at as leased_until
)`
const leasedDeliveries = sql`
  select leased.event_id as id, leased.target, e.type, e.aggregate_id as "aggregateId", e.traceparent,
         leased.attempts, leased.replays, leased.due_at::text as "dueAt", leased.leased_until::text as "leasedUntil"
  from leased left join events e on e.id = leased.event_id order by leased.event_id`
