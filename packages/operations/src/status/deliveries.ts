import { type Executor, executeOnce, pausedName } from '@goals-tasks/db'
import {
  type ConsumerName,
  consumerNames,
  consumersWithReceiver,
  type WebhookHealth,
  webhookConsumer,
} from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { countedUpTo } from './counted-up-to.ts'

/**
 * The work of one consumer as Postgres records it. Both counts stop at `countedUpTo`. The events that wait for a user's
 * webhook that fails or is paused, and that carry a sync run, count as pending only, and its dead letters do not count:
 * they concern its owner. The events that a consumer has put off count as pending only, too.
 */
export type DeliveryStatus = {
  consumer: ConsumerName
  /** False when its events get no delivery, because nothing would receive them. Null when it needs no receiver. */
  hasReceiver: boolean | null
  /** Age of the oldest pending event in seconds. Null without one. */
  oldestPendingSeconds: number | null
  /**
   * The same of the events that more workers may handle sooner: no attempt has failed at them, and they wait for no
   * webhook whose endpoint gets one request at a time because it fails.
   */
  oldestUntriedSeconds: number | null
  /** The same of the events that wait for webhooks of users, by the health of the webhook. Null without any. */
  oldestPendingSecondsByWebhook: Partial<Record<WebhookHealth | 'paused', number>> | null
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

const wholeLookEveryMs = 60_000
/** A delivery without an error that is due later was put off by its consumer, as a mail is in quiet hours. */
const aSnooze = sql`interval '10 minutes'`
/** No transaction lasts longer, so each event is visible so long after the time in its id. */
const longestTransaction = sql`interval '60 seconds'`
const beginning = '00000000-0000-0000-0000-000000000000'

export type DeliveryLook = (db: Executor) => Promise<DeliveryStatus[]>

/**
 * Creates a function that loads the status of all consumers in the order of `consumerNames`. An event's id contains its
 * time, so the first index entry is the oldest pending event. Events that failed before are among the oldest as well:
 * one bounded scan counts the deliveries and finds the newest failed one.
 *
 * While a transaction stays open for long, the index keeps the entries of finished deliveries. So a look begins at the
 * oldest pending event of the last one. One look per minute begins at the beginning, and finds replayed events.
 */
export function createDeliveryLook({ now = () => performance.now() } = {}): DeliveryLook {
  let from: string[] = []
  let wholeLookAt = Number.NEGATIVE_INFINITY
  return async (db) => {
    const startedAt = now()
    const isWhole = startedAt - wholeLookAt >= wholeLookEveryMs
    const rows = await executeOnce<DeliveryStatus & { next: string }>(
      db,
      statusFrom(isWhole ? consumerNames.map(() => beginning) : from),
      'status_deliveries',
    )
    if (isWhole) wholeLookAt = startedAt
    from = rows.map(({ next }) => next)
    return rows.map(({ next: _, ...status }) => status)
  }
}

/** The delivery or dead letter `row` is one to a user's webhook. */
const toWebhook = (row: string) => sql.raw(`(${row}.consumer = '${webhookConsumer}' and ${row}.target <> '')`)

const statusFrom = (ids: readonly string[]) => sql`
  select c.consumer,
    case when c.consumer = any(${sql.param(consumersWithReceiver)}::text[])
      then exists (select from receivers r where r.consumer = c.consumer and r.is_present) end as "hasReceiver",
    extract(epoch from now() - uuid_extract_timestamp(pending.oldest))::float8 as "oldestPendingSeconds",
    extract(epoch from now() - uuid_extract_timestamp(pending.untried))::float8 as "oldestUntriedSeconds",
    pending.by_webhook as "oldestPendingSecondsByWebhook",
    pending.count as "pendingDeliveries",
    (select count(*)::int from (
       select from dead_letters l where l.consumer = c.consumer and not ${toWebhook('l')} limit ${countedUpTo}) l)
       as "deadLetters",
    (select to_json(e) from ${newestError} e) as "lastError",
    least(pending.first, uuidv7_floor(now() - ${longestTransaction}))::text as next
  from unnest(${sql.param(consumerNames)}::text[], ${sql.param(ids)}::uuid[]) with ordinality c(consumer, first, n)
  cross join lateral ${pending} pending
  order by c.n`

/** Counts the oldest deliveries of the consumer `c` and finds the oldest and the newest failed event among them. */
const pending = sql`(
  with oldest as materialized (
    select d.event_id, d.last_error is not null and not ${toWebhook('d')} as failed,
           case when not w.carries_run then w.state end as state, case when ${toWebhook('d')}
             then d.last_error is not null
               or coalesce(w.carries_run or w.state in ('paused', 'suspended', 'disabled'), false)
             else d.last_error is null and d.due_at > now() + ${aSnooze} end as waits
    from (select * from deliveries d
          where d.consumer = c.consumer and d.event_id >= c.first order by d.event_id limit ${countedUpTo}) d
    left join lateral (
      select case when exists (
               select from consumer_pauses p where p.consumer = ${pausedName(sql`d.target`)} and p.is_paused)
             then 'paused' else health end as state,
             exists (select from sync_runs run where run.webhook_id = webhooks.id and run.event_id = d.event_id
                       and run.state = 'running') as carries_run
      from webhooks where ${toWebhook('d')} and id = nullif(d.target, '')::uuid
    ) w on true
  )
  select count(*)::int as count, (select event_id from oldest order by event_id limit 1) as first,
         (select event_id from oldest where not waits order by event_id limit 1) as oldest,
         (select event_id from oldest where not waits and not failed and state is distinct from 'degraded'
          order by event_id limit 1) as untried,
         (select event_id from oldest where failed order by event_id desc limit 1) as failed,
         (select json_object_agg(state, seconds) from (
            select state, max(extract(epoch from now() - uuid_extract_timestamp(event_id)))::float8 as seconds
            from oldest where state is not null group by state) ages) as by_webhook
  from oldest)`

/** The newer one of the failed delivery that `pending` found and of the newest dead letter. */
const newestError = sql`(
  select "eventId", error, attempts, "givenUp",
         extract(epoch from now() - uuid_extract_timestamp("eventId"))::float8 as "eventAgeSeconds"
  from (select d.event_id as "eventId", d.last_error as error, d.attempts, false as "givenUp" from deliveries d
        where d.consumer = c.consumer and d.event_id = pending.failed and d.last_error is not null
          and not ${toWebhook('d')}
        union all
        (select l.event_id, l.error, l.attempts, true from dead_letters l
         where l.consumer = c.consumer and not ${toWebhook('l')} order by l.event_id desc limit 1)) errors
  order by "eventId" desc limit 1)`
