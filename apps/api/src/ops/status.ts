import { executeOnce } from '@goals-tasks/db'
import { type ConsumerName, consumerNames } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import type { OpsQueues } from './queues.ts'

/** Counting stops here: beyond it, more of them tells nothing new. */
const countedUpTo = 10_000

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
  deadLetters: number
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

/** An event's id tells its time, so the key's first entry is the oldest pending one. */
const loadDeliveries = (pool: pg.Pool) =>
  executeOnce<Omit<ConsumerStatus, 'queue'>>(
    pool,
    sql`select c.consumer,
          (select extract(epoch from now() - uuid_extract_timestamp(d.event_id))::float8 from deliveries d
           where d.consumer = c.consumer order by d.event_id limit 1) as "oldestPendingSeconds",
          (select count(*)::int from (select from dead_letters l where l.consumer = c.consumer limit ${countedUpTo}) l) as "deadLetters"
        from unnest(${sql.param(consumerNames)}::text[]) with ordinality c(consumer, n) order by c.n`,
  )

/** A replay may put an event back whose week is gone: that is no alarm. */
async function countUnpartitioned(pool: pg.Pool): Promise<number> {
  const [row] = await executeOnce<{ count: number }>(
    pool,
    sql`select count(*)::int as count from (
          select from events_default where id >= uuidv7_floor(now() - interval '30 days') limit ${countedUpTo}) e`,
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
