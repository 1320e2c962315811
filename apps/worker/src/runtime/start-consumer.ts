import type { Publish } from '@goals-tasks/db'
import { type AnyRedis, type ConsumerName, openDeadQueue, openQueue, type Policies } from '@goals-tasks/events'
import { type OutageLog, repeat } from '@goals-tasks/observability'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { Consumers } from '../consumers/contract.ts'
import type { Context } from './context.ts'
import { createPauseFollower } from './follow-pause.ts'
import type { Metrics } from './metrics.ts'
import { createJobWorker } from './processing/job-worker.ts'
import { noteProgress, startProgress } from './progress.ts'
import { reviewDeadLetters } from './recovery/review-dead-letters.ts'
import { createSweeper } from './recovery/sweeper.ts'
import { createWatchdog } from './recovery/watchdog.ts'
import { closeWithoutRedis } from './redis/close-without-redis.ts'
import { createRepeatedWarning } from './repeated-warning.ts'
import type { Timings } from './timings.ts'

/** The settings and connections that the consumers of a process share. */
export type ConsumerSettings = {
  consumers: Consumers
  policies: Policies
  timings: Timings
  pool: pg.Pool
  /** The outage log of `pool`. The watchdog reports to it as well: it notices a hung Postgres sooner. */
  postgresOutage: Pick<OutageLog, 'failed'>
  /** `worker` waits for Redis as long as it takes, `producer` fails fast. The caller closes both. */
  redis: { worker: AnyRedis; producer: AnyRedis }
  queuePrefix: string
  /** Handles the events that a consumer emits, after their commit. */
  publish: Publish
  metrics: Metrics
  log: Logger
  /** Aborts when the process stops. */
  signal: AbortSignal
  /** This process has work for the consumer and finishes none. It should exit, for its supervisor to restart it. */
  onStuck: (consumer: ConsumerName, reason: string) => void
}

export type RunningConsumer = { close(): Promise<void> }

/**
 * Starts one consumer: the worker of its queue, which runs unless it is paused, its sweeper, the review of its dead
 * letters and its watchdog.
 */
export function startConsumer<C extends ConsumerName>(name: C, settings: ConsumerSettings): RunningConsumer {
  const { timings, redis, queuePrefix, log, postgresOutage } = settings
  const warn = (message: string) => createRepeatedWarning({ consumer: name, log, postgresOutage }, message)
  const context = createContext(name, settings)
  // The owner of the connection logs its errors. The queues repeat them.
  for (const queue of [context.queue, context.deadQueue])
    queue.on('error', (err) => log.debug({ consumer: name, err }, 'queue error'))

  const worker = createJobWorker(context, redis.worker, queuePrefix)
  worker.on('error', warn('BullMQ worker error'))
  const findReason = createWatchdog(context)
  const watch = async () => {
    const reason = await findReason()
    if (reason !== null) settings.onStuck(name, reason)
  }
  const repeating = [
    repeat(createPauseFollower(context, worker), timings.pauseCheckEveryMs, warn('the pause cannot be read')),
    repeat(createSweeper(context), timings.sweepEveryMs, warn('the sweep failed')),
    repeat(
      () => reviewDeadLetters(context),
      timings.reviewDeadEveryMs,
      warn('the review of the dead letters failed'),
      timings.secondaryAfterMs,
    ),
    repeat(watch, timings.watchEveryMs, postgresOutage.failed, timings.secondaryAfterMs),
  ]
  let isRepeating = true
  async function stopRepeating() {
    await Promise.all(repeating.map((each) => each.close()))
    isRepeating = false
  }
  async function close() {
    await Promise.all([worker.close(), stopRepeating()])
    await Promise.all([context.queue.close(), context.deadQueue.close()])
  }
  return {
    close: () =>
      closeWithoutRedis(close(), {
        redis: context.redis,
        hasJobs: () => context.progress.jobs.size > 0,
        isRepeating: () => isRepeating,
      }),
  }
}

function createContext<C extends ConsumerName>(name: C, settings: ConsumerSettings): Context<C> {
  const { consumers, policies, redis, queuePrefix, metrics, timings, pool, publish, log, signal } = settings
  const { postgresOutage } = settings
  const progress = startProgress()
  const warnWaiting = createRepeatedWarning({ consumer: name, log, postgresOutage }, 'waiting for Postgres or Redis')
  return {
    ...{ name, timings, pool, publish, metrics, log, signal, progress, pause: { isPaused: null } },
    consumer: consumers[name],
    policy: policies[name],
    redis: redis.producer,
    onProgress: () => noteProgress(progress),
    queue: openQueue(redis.producer, queuePrefix, name),
    deadQueue: openDeadQueue(redis.producer, queuePrefix, name),
    onOutage(error) {
      metrics.outages.inc({ consumer: name })
      noteProgress(progress)
      warnWaiting(error)
    },
  }
}
