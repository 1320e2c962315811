import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type { ConsumerName } from './subscriptions.ts'

export type Policy = {
  /** Attempts before an event is given up and becomes a dead letter. */
  attempts: number
  backoff: { baseMs: number; capMs: number }
  /** Jobs that one worker process runs at once. */
  concurrency: number
  /** How long a job may go without a sign of life (its worker gives one by itself) before another worker takes it. */
  lockMs: number
}

export type Policies = Record<ConsumerName, Policy>

/** How each consumer's queue behaves. */
export const policies: Policies = {
  'audit-log': { attempts: 8, backoff: { baseMs: 500, capMs: 60_000 }, concurrency: 4, lockMs: 15_000 },
  'cache-invalidation': { attempts: 8, backoff: { baseMs: 250, capMs: 30_000 }, concurrency: 8, lockMs: 15_000 },
  notifications: { attempts: 8, backoff: { baseMs: 1_000, capMs: 300_000 }, concurrency: 4, lockMs: 15_000 },
  sync: { attempts: 12, backoff: { baseMs: 1_000, capMs: 3_600_000 }, concurrency: 8, lockMs: 15_000 },
}

/** Most events that one job carries. */
export const maxEventsPerJob = 100

/** Everything that a job holds: no personal data enters Redis or the board; the worker's claim returns the bodies. */
export type JobData = { events: JobEvent[] }
export type JobEvent = { id: string; type: string; aggregateId: string }

/**
 * The id of a job that carries one event after `attempts` failed ones. Enqueueing it twice makes one job.
 * BullMQ refuses a colon in it, and takes no second job of an id that it keeps as finished.
 */
export const singleJobId = (
  consumer: ConsumerName,
  { id, attempts, replays }: { id: string; attempts: number; replays: number },
) => `${consumer}-${id}-${attempts}-r${replays}`

/** One slot per consumer, so that every script runs on a Redis Cluster and consumers spread over its nodes. */
export const queuePrefix = (prefix: string, consumer: ConsumerName) => `{${prefix}:${consumer}}`

/** The queue that mirrors a consumer's newest dead letters for the board. */
export const deadQueueName = (consumer: ConsumerName) => `${consumer}.dead`

/** The queue of a consumer. The connection must be a producer's: failing fast, no offline queue. */
export function openQueue(connection: Redis, prefix: string, consumer: ConsumerName): Queue<JobData> {
  return new Queue<JobData>(consumer, {
    connection,
    prefix: queuePrefix(prefix, consumer),
    // The check asks once; a Redis that hung at that moment would leave a queue that fails for ever.
    skipVersionCheck: true,
    // Done jobs are only of interest to someone looking at the board; the record is in Postgres.
    defaultJobOptions: { attempts: 1, removeOnComplete: { count: 100 }, removeOnFail: { count: 500, age: 86_400 } },
    streams: { events: { maxLen: 1_000 } },
  })
}
