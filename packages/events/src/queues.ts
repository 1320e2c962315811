import { Queue } from 'bullmq'
import type { AnyRedis } from './open-redis.ts'
import type { ConsumerName } from './subscriptions.ts'

export type Policy = {
  /** Failed attempts after which a delivery becomes a dead letter. */
  attempts: number
  backoff: Backoff
  /** Jobs that one worker process runs at once. */
  concurrency: number
  /** How long a job may go without a heartbeat of its worker before another worker takes it. */
  lockMs: number
}

/**
 * The waits between attempts. With a base and a cap, a wait is random and its bound doubles with each failure. With a
 * schedule, the nth wait follows the nth failure, give or take a fifth, and the last wait repeats.
 */
export type Backoff = { baseMs: number; capMs: number } | { scheduleMs: readonly [number, ...number[]] }

const [second, minute, hour] = [1_000, 60_000, 3_600_000]

export type Policies = Record<ConsumerName, Policy>

/** The policy of each consumer's queue. */
export const policies: Policies = {
  'audit-log': { attempts: 8, backoff: { baseMs: 500, capMs: 60_000 }, concurrency: 4, lockMs: 15_000 },
  'cache-invalidation': { attempts: 8, backoff: { baseMs: 250, capMs: 30_000 }, concurrency: 8, lockMs: 15_000 },
  notifications: { attempts: 8, backoff: { baseMs: 1_000, capMs: 300_000 }, concurrency: 4, lockMs: 15_000 },
  // A receiver that is repaired within three days misses nothing: the 15th attempt comes after about 76 hours.
  sync: {
    attempts: 15,
    backoff: {
      scheduleMs: [
        ...([5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute] as const),
        ...([1 * hour, 2 * hour, 4 * hour, 8 * hour, 12 * hour] as const),
      ],
    },
    // A job waits for a receiver most of its time, and an endpoint that hangs holds one of the slots.
    concurrency: 64,
    lockMs: 15_000,
  },
  // A mail server that is repaired within a day misses nothing: the 11th attempt comes after about 24 hours.
  email: {
    attempts: 11,
    backoff: {
      scheduleMs: [
        ...([10 * second, 1 * minute, 5 * minute, 15 * minute, 30 * minute] as const),
        ...([1 * hour, 2 * hour, 4 * hour, 8 * hour] as const),
      ],
    },
    concurrency: 2,
    lockMs: 15_000,
  },
}

/** The maximum number of events per job. */
export const maxEventsPerJob = 100

/**
 * The data of a job. All its events have the same target. It has no bodies, so no personal data is in Redis. The worker
 * loads the bodies with its claim.
 */
export type JobData = { events: JobEvent[] }
export type JobEvent = {
  id: string
  type: string
  aggregateId: string
  /** The target of the delivery, such as the id of a webhook. Absent when the consumer itself is the target. */
  target?: string | undefined
  /** The span that caused the event. Absent when its trace is not sampled. */
  traceparent?: string | null
}

/**
 * Returns the id of a job that carries one event after `attempts` failed ones. Enqueueing it twice makes one job.
 * BullMQ allows no colon in it, and ignores a job whose id belongs to a finished job that it still keeps.
 */
export const singleJobId = (
  consumer: ConsumerName,
  { id, target, attempts, replays }: Pick<JobEvent, 'id' | 'target'> & { attempts: number; replays: number },
) => [consumer, id, ...(target ? [target] : []), attempts, `r${replays}`].join('-')

/**
 * Returns a prefix with one hash slot per consumer: scripts run on a Redis Cluster, and consumers spread over its
 * nodes.
 */
export const queuePrefix = (prefix: string, consumer: ConsumerName) => `{${prefix}:${consumer}}`

/** Returns the name of the queue that mirrors a consumer's newest dead letters for Bull Board. */
export const deadQueueName = (consumer: ConsumerName) => `${consumer}.dead`

/**
 * Opens the queue of a consumer. `connection` is one of `connectProducer`, which fails fast and has no offline queue.
 */
export function openQueue(connection: AnyRedis, prefix: string, consumer: ConsumerName): Queue<JobData> {
  return new Queue<JobData>(consumer, {
    connection,
    prefix: queuePrefix(prefix, consumer),
    // The check runs once. If Redis does not answer it, the queue would fail forever.
    skipVersionCheck: true,
    // Finished jobs are only shown in Bull Board. The record is in Postgres.
    defaultJobOptions: { attempts: 1, removeOnComplete: { count: 100 }, removeOnFail: { count: 500, age: 86_400 } },
    streams: { events: { maxLen: 1_000 } },
  })
}
