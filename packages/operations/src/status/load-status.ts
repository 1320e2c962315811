import type pg from 'pg'
import type { OpsQueues } from '../queues.ts'
import { type DeliveryStatus, loadDeliveryStatus } from './deliveries.ts'
import { loadQueueStatus, type QueueStatus } from './queue.ts'
import { countUnpartitionedEvents } from './unpartitioned.ts'

/** The state of one consumer. `queue` is null while Redis is away. */
export type ConsumerStatus = DeliveryStatus & { queue: QueueStatus | null }

export type Status = {
  redis: 'ready' | 'away'
  /** In the order of `consumerNames`. */
  consumers: ConsumerStatus[]
  /** Recent events in the DEFAULT partition, counted up to `countedUpTo`. Above 0, weekly partitions are missing. */
  unpartitionedEvents: number
}

/**
 * Loads the state of every consumer: deliveries and dead letters from Postgres, jobs and workers from Redis.
 * The queries read a bounded number of index entries, so they suit a scrape. Rejects when Postgres does not answer.
 */
export async function loadStatus({ pool, queues }: { pool: pg.Pool; queues: OpsQueues }): Promise<Status> {
  const [deliveries, unpartitionedEvents, results] = await Promise.all([
    loadDeliveryStatus(pool),
    countUnpartitionedEvents(pool),
    Promise.allSettled(queues.all.map(({ queue }) => (queues.available() ? loadQueueStatus(queue) : null))),
  ])
  const queueStatuses = results.map((result) => (result.status === 'fulfilled' ? result.value : null))
  return {
    redis: queueStatuses.includes(null) ? 'away' : 'ready',
    consumers: deliveries.map((delivery, i) => ({ ...delivery, queue: queueStatuses[i] ?? null })),
    unpartitionedEvents,
  }
}
