import type { ConsumerName, DomainEvent } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { uuidList } from '../engine/parameters.ts'
import { type Executor, executeOnce } from '../engine/statement.ts'

/**
 * Deliveries are the unfinished work of a consumer. All times are the database's clock. Statements are planned for
 * their ids, so a look-up in `events` touches only the weeks of the ids (UUIDv7).
 */

/** The columns of the event `e` under the names of a `DomainEvent`. */
export const eventFields = sql.raw(`
  e.id, e.type, e.aggregate_type as "aggregateType", e.aggregate_id as "aggregateId",
  e.aggregate_version as "aggregateVersion", e.ordinal, e.actor_id as "actorId", e.as_admin as "asAdmin", e.reason,
  e.correlation_id as "correlationId", e.causation_id as "causationId", e.cascade_id as "cascadeId", e.traceparent,
  rfc3339(e.occurred_at) as "occurredAt", e.before, e.after, e.assignees`)

const eventNames = sql.raw(`
  id, type, "aggregateType", "aggregateId", "aggregateVersion", ordinal, "actorId", "asAdmin", reason,
  "correlationId", "causationId", "cascadeId", traceparent, "occurredAt", before, after, assignees`)

/**
 * Claims the consumer's deliveries of these events: deletes them in the transaction that also writes the effect.
 * Skips deliveries that another transaction holds, and the ones that are done.
 * @returns the events in the order of their ids, bodies parsed but unchecked
 */
export function claimEvents(tx: Executor, consumer: ConsumerName, ids: readonly string[]): Promise<DomainEvent[]> {
  // A delivery that changed between the snapshot of the statement and its lock has another `ctid`, so it is not deleted
  // and not returned. Its job ends without work, and the sweeper enqueues the delivery again.
  return executeOnce<DomainEvent>(
    tx,
    sql`with claimed as materialized (
          select d.ctid as delivery, ${eventFields}
          from deliveries d join events e on e.id = d.event_id and e.id = any(${uuidList(ids)})
          where d.consumer = ${consumer} and d.event_id = any(${uuidList(ids)}) and d.target = ''
          order by d.event_id for update of d skip locked
        ), done as (
          delete from deliveries where ctid = any(array(select delivery from claimed)) returning event_id
        )
        select ${eventNames} from claimed where id in (select event_id from done) order by id`,
  )
}

/**
 * Returns the events among these that the consumer has not handled yet, as `claimEvents` does, without claiming them.
 */
export function loadUnfinishedEvents(
  db: Executor,
  consumer: ConsumerName,
  ids: readonly string[],
): Promise<DomainEvent[]> {
  return executeOnce<DomainEvent>(
    db,
    sql`select ${eventFields} from deliveries d join events e on e.id = d.event_id and e.id = any(${uuidList(ids)})
        where d.consumer = ${consumer} and d.event_id = any(${uuidList(ids)}) and d.target = ''
        order by d.event_id`,
  )
}

/** Deletes deliveries whose effect has happened. @returns how many it deleted */
export async function finishDeliveries(db: Executor, consumer: ConsumerName, ids: readonly string[]): Promise<number> {
  const finished = await executeOnce(
    db,
    sql`delete from deliveries
        where consumer = ${consumer} and event_id = any(${uuidList(ids)}) and target = '' returning 1`,
  )
  return finished.length
}
