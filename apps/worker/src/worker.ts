import { type ConsumerName, createDispatcher, openDeadQueue, openQueue, type Policies } from '@goals-tasks/events'
import { type Registry, throttled } from '@goals-tasks/observability'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { ConsumerDeps, Consumers } from './consumers/types.ts'
import { createMetrics } from './metrics.ts'
import { type Context, noteProgress } from './runtime/processing/context.ts'
import { runConsumer } from './runtime/processing/run-consumer.ts'
import { runMaintenance } from './runtime/recovery/maintenance.ts'
import { repeat } from './runtime/recovery/repeat.ts'
import { reviewDeadLetters } from './runtime/recovery/review-dead-letters.ts'
import { createSweeper } from './runtime/recovery/sweeper.ts'
import { createWatchdog } from './runtime/recovery/watchdog.ts'
import { closeWithoutRedis } from './runtime/redis/close-without-redis.ts'
import type { Timings } from './runtime/timings.ts'

const maintenanceEveryMs = 3_600_000

export type WorkerOptions = {
  /** The consumers that this process serves. */
  serve: readonly ConsumerName[]
  consumers: Consumers
  policies: Policies
  timings: Timings
  pool: pg.Pool
  /** `worker` waits for Redis for ever, `producer` fails fast. Both stay the caller's to close. */
  redis: { worker: Redis; producer: Redis }
  queuePrefix: string
  /** Days after which deleted goals and tasks are purged. */
  retentionDays: number
  deps: ConsumerDeps
  registry: Registry
  log: Logger
  /** This process does nothing any more although there is work: it should end and be started anew. */
  onStuck: (consumer: ConsumerName) => void
}

export type RunningWorker = { close(): Promise<void> }

/** Serves the consumers until closed: takes their jobs, sweeps up what no job carries, watches over itself. */
export function createWorker(options: WorkerOptions): RunningWorker {
  const { serve, pool, redis, queuePrefix, registry, log } = options
  const dispatcher = createDispatcher({ connection: redis.producer, prefix: queuePrefix, log })
  const metrics = createMetrics(registry, pool, serve)
  const stopping = new AbortController()
  const shared = { ...options, dispatcher, metrics, signal: stopping.signal }
  const consumerQueues = serve.map((name) => startConsumer(name, shared))
  const chores = repeat(
    () => runMaintenance({ pool, dispatcher, retentionDays: options.retentionDays, purged: metrics.purged, log }),
    maintenanceEveryMs,
    (err) => log.error({ err }, 'the hourly chores failed'),
  )

  return {
    /**
     * Takes no more jobs, lets those that run finish, sends back those that wait for Postgres or Redis, and enqueues what
     * it committed itself. It takes as long as the slowest job: the caller has the deadline. A Redis that is away is not
     * waited for: its connections are the caller's to cut, and must be.
     */
    async close() {
      stopping.abort()
      await Promise.all([chores.close(), ...consumerQueues.map((lane) => lane.close())])
      await dispatcher.flush()
      await dispatcher.close()
    },
  }
}

type Shared = WorkerOptions & Pick<Context, 'dispatcher' | 'metrics' | 'signal'>

function startConsumer<C extends ConsumerName>(name: C, shared: Shared) {
  const { consumers, policies, timings, pool, redis, queuePrefix, deps, dispatcher, metrics, log, signal } = shared
  const progress = { last: performance.now(), running: 0 }
  const tell = (what: string) => throttled(5_000, (err: unknown) => log.warn({ consumer: name, err }, what))
  const waiting = tell('waiting for Postgres or Redis')
  const context: Context<C> = {
    name,
    consumer: consumers[name],
    policy: policies[name],
    timings,
    pool,
    redis: redis.producer,
    queue: openQueue(redis.producer, queuePrefix, name),
    deadQueue: openDeadQueue(redis.producer, queuePrefix, name),
    dispatcher,
    deps,
    metrics,
    log,
    signal,
    progress,
    onOutage(error) {
      metrics.outages.inc({ consumer: name })
      noteProgress(progress)
      waiting(error)
    },
  }
  // The connection's own errors are told where it is made; these two queues merely pass them on.
  for (const queue of [context.queue, context.deadQueue]) queue.on('error', tell('the queue is in trouble'))

  const worker = runConsumer(context, redis.worker, queuePrefix)
  const isStuck = createWatchdog(context)
  const watch = async () => {
    if (await isStuck()) shared.onStuck(name)
  }
  const repeating = [
    repeat(createSweeper(context), timings.sweepEveryMs, tell('the sweep failed')),
    repeat(() => reviewDeadLetters(context), timings.reviewDeadEveryMs, tell('the review of the dead letters failed')),
    repeat(watch, timings.watchEveryMs, tell('the watchdog cannot see')),
  ]
  async function close() {
    await Promise.all([worker.close(), ...repeating.map((each) => each.close())])
    await Promise.all([context.queue.close(), context.deadQueue.close()])
  }
  return {
    close: () => closeWithoutRedis(close(), context),
  }
}
