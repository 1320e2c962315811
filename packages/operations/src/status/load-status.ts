import { findDatabaseWriteRefusal, type RunningProcess } from '@goals-tasks/db'
import type pg from 'pg'
import type { OpsQueues } from '../queues.ts'
import { createDeliveryLook, type DeliveryLook, type DeliveryStatus } from './deliveries.ts'
import { loadFeedLag } from './feed-lag.ts'
import { loadMailStatus, type MailStatus } from './mails.ts'
import { loadProcessStatus, type Pause, type PausedWebhook } from './processes.ts'
import { loadQueueStatus, type QueueStatus } from './queue.ts'
import { loadReminderLag } from './reminder-lag.ts'
import { loadSyncRunStatus, type SyncRunStatus } from './sync-runs.ts'
import { countUnpartitionedEvents } from './unpartitioned.ts'
import { countWebhooks, type WebhooksByHealth } from './webhooks.ts'

/** The state of one consumer. */
export type ConsumerStatus = DeliveryStatus & {
  /** Null while Redis is away. */
  queue: QueueStatus | null
  /** Running processes that serve it. */
  workers: number
  /** Null when it is not paused. */
  pause: Pause | null
}

export type Status = MailStatus & {
  postgres: 'ready' | 'refuses writes'
  /** The reason why Postgres refuses writes. Null when it takes them. */
  postgresError: string | null
  redis: 'ready' | 'refuses writes' | 'away'
  /** The reason why Redis refuses writes. Null when it takes them, and while it is away. */
  redisError: string | null
  /** In the order of `consumerNames`. */
  consumers: ConsumerStatus[]
  /** The webhooks of users that operators paused, the longest paused first, at most 100. */
  pausedWebhooks: PausedWebhook[]
  /** The running processes of all roles. */
  processes: RunningProcess[]
  /** Recent events in the DEFAULT partition, counted up to `countedUpTo`. Above 0, weekly partitions are missing. */
  unpartitionedEvents: number
  /** The age of the oldest event that readers of the feed may not see yet, because its transaction is open. */
  feedLagSeconds: number
  /** All reminders that became due longer ago than this are made. A worker makes them once per minute. */
  reminderLagSeconds: number
  /** The webhooks of users by health, each counted up to `countedUpTo`. */
  webhooks: WebhooksByHealth
  /** The sync runs that are not over. */
  syncRuns: SyncRunStatus
}

/** `lookAtDeliveries` is for a caller that loads the status again and again. */
type Sources = { pool: pg.Pool; queues: OpsQueues; lookAtDeliveries?: DeliveryLook }

/**
 * Loads the state of every consumer: deliveries, dead letters and processes from Postgres, jobs from Redis.
 * The queries read a bounded number of index entries, so they suit a scrape. Rejects when Postgres does not answer.
 */
export async function loadStatus({ pool, queues, lookAtDeliveries = createDeliveryLook() }: Sources): Promise<Status> {
  await queues.untilAvailable()
  const [
    deliveries,
    processes,
    unpartitionedEvents,
    feedLagSeconds,
    reminderLagSeconds,
    mails,
    webhooks,
    syncRuns,
    postgresError,
    results,
  ] = await Promise.all([
    lookAtDeliveries(pool),
    loadProcessStatus(pool),
    countUnpartitionedEvents(pool),
    loadFeedLag(pool),
    loadReminderLag(pool),
    loadMailStatus(pool),
    countWebhooks(pool),
    loadSyncRunStatus(pool),
    findDatabaseWriteRefusal(pool),
    Promise.allSettled(queues.all.map(({ queue }) => (queues.available() ? loadQueueStatus(queue) : null))),
  ])
  const redisState = await loadRedisState(queues)
  const queueStatuses = results.map((result) => (result.status === 'fulfilled' ? result.value : null))
  return {
    postgres: postgresError === null ? 'ready' : 'refuses writes',
    postgresError,
    ...(queueStatuses.includes(null) ? away : redisState),
    consumers: deliveries.map((delivery, i) => ({
      ...delivery,
      queue: queueStatuses[i] ?? null,
      workers: processes.workersOf(delivery.consumer),
      pause: processes.pauseOf(delivery.consumer),
    })),
    pausedWebhooks: processes.pausedWebhooks,
    processes: processes.processes,
    unpartitionedEvents,
    feedLagSeconds,
    reminderLagSeconds,
    ...mails,
    webhooks,
    syncRuns,
  }
}

type RedisState = Pick<Status, 'redis' | 'redisError'>
const away: RedisState = { redis: 'away', redisError: null }

async function loadRedisState(queues: OpsQueues): Promise<RedisState> {
  await queues.untilAvailable()
  if (!queues.available()) return away
  return queues.findWriteRefusal().then(
    (redisError) => ({ redis: redisError === null ? 'ready' : 'refuses writes', redisError }),
    () => away,
  )
}
