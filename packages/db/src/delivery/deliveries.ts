import type { ConsumerName, DomainEvent } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { uuid, uuids } from '../engine/parameters.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import { bodyOf } from '../reads/event-bodies.ts'

/**
 * Deliveries are the unfinished work of a consumer. All times are the database's clock. The statements are prepared
 * once per connection. Their generic plans read only the weeks of `events` between the lowest and the highest id
 * (UUIDv7), which Postgres selects when it executes the plan.
 */

/** The event `e` under the names of a `DomainEvent`. `ids` are the lowest and the highest id of the events `e`. */
export const eventFields = (ids?: { from: SQL; to: SQL }): SQL => sql`
  e.id, e.type, e.aggregate_type as "aggregateType", e.aggregate_id as "aggregateId",
  e.aggregate_version as "aggregateVersion", e.ordinal, e.actor_id as "actorId", e.as_admin as "asAdmin", e.via,
  e.reason, e.correlation_id as "correlationId", e.causation_id as "causationId", e.cascade_id as "cascadeId",
  e.traceparent, rfc3339(e.occurred_at) as "occurredAt",
  ${bodyOf('before', ids)} as before, ${bodyOf('after', ids)} as after, e.assignees`

const eventNames = sql.raw(`
  id, type, "aggregateType", "aggregateId", "aggregateVersion", ordinal, "actorId", "asAdmin", via, reason,
  "correlationId", "causationId", "cascadeId", traceparent, "occurredAt", before, after, assignees`)

/** The deliveries of the consumer for the events `ids`, with one target. */
const wanted = (consumer: SQL, target = sql`''`) =>
  sql`d.consumer = ${consumer} and d.event_id = any(${uuids('ids')}) and d.target = ${target}`
/**
 * Joins the event `e` of each delivery `d`. `limit 1` makes Postgres look it up by its id. Without statistics it would
 * take the range of ids for one row, and read up to all events of the range for each delivery.
 */
const joinEvent = sql`cross join lateral (
    select * from events where id = d.event_id and id between ${uuid('lowestId')} and ${uuid('highestId')} limit 1) e`

/** The wanted deliveries `d` with their events `e`. */
export const wantedEvents = (consumer: SQL, target?: SQL) =>
  sql`deliveries d ${joinEvent} where ${wanted(consumer, target)}`
const anyConsumer = sql`${sql.placeholder('consumer')}`
export const wantedFields = eventFields({ from: uuid('lowestId'), to: uuid('highestId') })

/** Returns the parameter values for these events. */
export const idValues = (ids: readonly string[]) => {
  const sorted = ids.toSorted()
  return { ids, lowestId: sorted.at(0) ?? null, highestId: sorted.at(-1) ?? null }
}

/**
 * The query of a claim: locks the consumer's deliveries of the events in `idValues` and returns `columns` of each event
 * `e` with the place of its delivery. Skips deliveries that another transaction holds, and the ones that are done.
 * The statement writes the effect and deletes the deliveries with `deleteClaimed`.
 * The lock comes before the event: a lock of joined rows would carry a copy of the whole event.
 */
export const claimed = (consumer: SQL, columns: SQL): SQL => sql`
  select d.delivery, ${columns} from (
    select d.ctid as delivery, d.event_id from deliveries d where ${wanted(consumer)}
    order by d.event_id for update skip locked) d ${joinEvent}`

/**
 * Deletes the deliveries at the places `places`. A delivery that changed between the snapshot of the statement and its
 * lock has another place, so it is not deleted. Its job ends without it, and the sweeper enqueues the delivery again.
 */
export const deleteClaimed = (places: SQL): SQL => sql`
  delete from deliveries where ctid = any(array(${places})) returning event_id`

/**
 * Whether `value` is in the result of `query`, neither of which has nulls. `is true` keeps Postgres from planning `in`
 * as a join. A join would compare all pairs, because Postgres expects that a claim returns one row.
 */
export const isAmong = (value: SQL, query: SQL): SQL => sql`(${value} in (${query})) is true`

const claim = prepareStatement<DomainEvent>(
  'events_claim',
  sql`with claimed as materialized (${claimed(anyConsumer, wantedFields)}),
           done as (${deleteClaimed(sql`select delivery from claimed`)})
      select ${eventNames} from claimed where ${isAmong(sql`id`, sql`select event_id from done`)} order by id`,
)

/**
 * Claims the consumer's deliveries of these events: deletes them in the transaction that also writes the effect.
 * Skips deliveries that another transaction holds, and the ones that are done.
 * @returns the events in the order of their ids, bodies parsed but unchecked
 */
export const claimEvents = (tx: Executor, consumer: ConsumerName, ids: readonly string[]): Promise<DomainEvent[]> =>
  claim(tx, { consumer, ...idValues(ids) })

const loadUnfinished = prepareStatement<DomainEvent>(
  'events_unfinished',
  sql`select ${wantedFields} from ${wantedEvents(anyConsumer)} order by d.event_id`,
)

/**
 * Returns the events among these that the consumer has not handled yet, as `claimEvents` does, without claiming them.
 */
export const loadUnfinishedEvents = (
  db: Executor,
  consumer: ConsumerName,
  ids: readonly string[],
): Promise<DomainEvent[]> => loadUnfinished(db, { consumer, ...idValues(ids) })

const finish = prepareStatement<object>(
  'deliveries_finish',
  sql`delete from deliveries d where ${wanted(anyConsumer, sql`${sql.placeholder('target')}`)} returning 1`,
)

/** Deletes deliveries whose effect has happened. @returns how many it deleted */
export const finishDeliveries = async (
  db: Executor,
  consumer: ConsumerName,
  ids: readonly string[],
  target = '',
): Promise<number> => (await finish(db, { consumer, ids, target })).length
