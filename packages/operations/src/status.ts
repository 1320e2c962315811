import { eventRetentionDays, executeOnce } from '@goals-tasks/db'
import { type ConsumerName, consumerNames } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import type { OpsQueues } from './queues.ts'

/** Counting stops here: beyond it, more of them tells nothing new. */
export const countedUpTo = 10_000

export type ConsumerStatus = {
  consumer: ConsumerName
  /** Null while Redis is away. `workers` is null where Redis does not tell its clients. */
  queue: {
    waiting: number
    active: number
    delayed: number
    failed: number
    paused: boolean
    workers: number | null
  } | null
  /** Age of the oldest event that the consumer has yet to handle; null when there is none. */
  oldestPendingSeconds: number | null
  /** Like the dead letters, counted up to `countedUpTo`. */
  pendingDeliveries: number
  deadLetters: number
  /** Null when nothing that is pending has failed, and nothing was given up. */
  lastError: LastError | null
}
/** What became of the newest event that the consumer failed at: it waits for another attempt, or was given up. */
export type LastError = {
  eventId: string
  error: string
  attempts: number
  givenUp: boolean
  eventAgeSeconds: number
}
export type Status = {
  redis: 'ready' | 'away'
  consumers: ConsumerStatus[]
  /** Recent events that no weekly partition took: partitions are missing. */
  unpartitionedEvents: number
}

/** How every consumer stands, from a handful of index entries. */
export async function loadStatus({ pool, queues }: { pool: pg.Pool; queues: OpsQueues }): Promise<Status> {
  const [deliveries, unpartitionedEvents, looks] = await Promise.all([
    loadDeliveries(pool),
    countUnpartitioned(pool),
    Promise.allSettled(queues.all.map((entry) => loadQueue(entry, queues))),
  ])
  const seen = looks.map((look) => (look.status === 'fulfilled' ? look.value : null))
  return {
    redis: seen.includes(null) ? 'away' : 'ready',
    consumers: deliveries.map((delivery, i) => ({ ...delivery, queue: seen[i] ?? null })),
    unpartitionedEvents,
  }
}

/**
 * An event's id tells its time, so the key's first entry is the oldest pending one. Whatever was tried already is among the
 * oldest, too: one look at a bounded number of those counts them and finds the newest that failed.
 */
const loadDeliveries = (pool: pg.Pool) =>
  executeOnce<Omit<ConsumerStatus, 'queue'>>(
    pool,
    sql`select c.consumer,
          (select extract(epoch from now() - uuid_extract_timestamp(d.event_id))::float8 from deliveries d
           where d.consumer = c.consumer order by d.event_id limit 1) as "oldestPendingSeconds",
          pending.count as "pendingDeliveries",
          (select count(*)::int from (select from dead_letters l where l.consumer = c.consumer limit ${countedUpTo}) l) as "deadLetters",
          (select to_json(e) from (
             select "eventId", error, attempts, "givenUp",
                    extract(epoch from now() - uuid_extract_timestamp("eventId"))::float8 as "eventAgeSeconds"
             from (select d.event_id as "eventId", d.last_error as error, d.attempts, false as "givenUp" from deliveries d
                   where d.consumer = c.consumer and d.event_id = pending.failed and d.last_error is not null
                   union all
                   (select l.event_id, l.error, l.attempts, true from dead_letters l
                    where l.consumer = c.consumer order by l.event_id desc limit 1)) errors
             order by "eventId" desc limit 1) e) as "lastError"
        from unnest(${sql.param(consumerNames)}::text[]) with ordinality c(consumer, n) cross join lateral (
          with oldest as materialized (
            select d.event_id, d.last_error is not null as failed from deliveries d
            where d.consumer = c.consumer order by d.event_id limit ${countedUpTo}
          )
          select count(*)::int as count, (select event_id from oldest where failed order by event_id desc limit 1) as failed
          from oldest
        ) pending
        order by c.n`,
  )

/** A replay may put an event back whose week is gone: that is no alarm. */
async function countUnpartitioned(pool: pg.Pool): Promise<number> {
  const [row] = await executeOnce<{ count: number }>(
    pool,
    sql`select count(*)::int as count from (
          select from events_default where id >= uuidv7_floor(now() - make_interval(days => ${eventRetentionDays}::int)) limit ${countedUpTo}) e`,
  )
  return row?.count ?? 0
}

async function loadQueue({ queue }: OpsQueues['all'][number], queues: OpsQueues): Promise<ConsumerStatus['queue']> {
  if (!queues.available()) return null
  const [counts, paused, clients] = await Promise.all([
    queue.getJobCounts('wait', 'active', 'delayed', 'failed'),
    queue.isPaused(),
    queue.getWorkers(),
  ])
  const { wait = 0, active = 0, delayed = 0, failed = 0 } = counts
  // Where CLIENT LIST is barred, one entry without an address stands in for all.
  const workers = clients.every((client) => 'addr' in client) ? clients.length : null
  return { waiting: wait, active, delayed, failed, paused, workers }
}
