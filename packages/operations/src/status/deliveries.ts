import { type Executor, executeOnce } from '@goals-tasks/db'
import { type ConsumerName, consumerNames } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { countedUpTo } from './counted-up-to.ts'

/** The work of one consumer as Postgres records it. Both counts stop at `countedUpTo`. */
export type DeliveryStatus = {
  consumer: ConsumerName
  /** Age of the oldest pending event in seconds. Null without one. */
  oldestPendingSeconds: number | null
  pendingDeliveries: number
  deadLetters: number
  /** Null when no pending delivery has failed and no dead letter exists. */
  lastError: LastError | null
}

/** The newest event that failed. `givenUp` says that it is a dead letter; otherwise it waits for another attempt. */
export type LastError = {
  eventId: string
  error: string
  attempts: number
  givenUp: boolean
  eventAgeSeconds: number
}

/**
 * Loads the status of all consumers in the order of `consumerNames`. An event's id contains its time, so the first
 * index entry is the oldest pending event. Events that failed before are among the oldest as well: one bounded scan
 * counts the deliveries and finds the newest failed one.
 */
export const loadDeliveryStatus = (db: Executor) =>
  executeOnce<DeliveryStatus>(
    db,
    sql`select c.consumer,
          (select extract(epoch from now() - uuid_extract_timestamp(d.event_id))::float8 from deliveries d
           where d.consumer = c.consumer order by d.event_id limit 1) as "oldestPendingSeconds",
          pending.count as "pendingDeliveries",
          (select count(*)::int from (
             select from dead_letters l where l.consumer = c.consumer limit ${countedUpTo}) l) as "deadLetters",
          (select to_json(e) from ${newestError} e) as "lastError"
        from unnest(${sql.param(consumerNames)}::text[]) with ordinality c(consumer, n)
        cross join lateral ${pending} pending
        order by c.n`,
  )

/** Counts the oldest deliveries of the consumer `c` and finds the newest failed event among them. */
const pending = sql`(
  with oldest as materialized (
    select d.event_id, d.last_error is not null as failed from deliveries d
    where d.consumer = c.consumer order by d.event_id limit ${countedUpTo}
  )
  select count(*)::int as count, (select event_id from oldest where failed order by event_id desc limit 1) as failed
  from oldest)`

/** The newer one of the failed delivery that `pending` found and of the newest dead letter. */
const newestError = sql`(
  select "eventId", error, attempts, "givenUp",
         extract(epoch from now() - uuid_extract_timestamp("eventId"))::float8 as "eventAgeSeconds"
  from (select d.event_id as "eventId", d.last_error as error, d.attempts, false as "givenUp" from deliveries d
        where d.consumer = c.consumer and d.event_id = pending.failed and d.last_error is not null
        union all
        (select l.event_id, l.error, l.attempts, true from dead_letters l
         where l.consumer = c.consumer order by l.event_id desc limit 1)) errors
  order by "eventId" desc limit 1)`
