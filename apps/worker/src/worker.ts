import type { Publish } from '@goals-tasks/db'
import { type ConsumerName, createDispatcher, createFeedHints } from '@goals-tasks/events'
import { type Registry, registerDispatcherMetrics, registerFeedHintMetrics, repeat } from '@goals-tasks/observability'
import { closeDigests } from './digests/close-digests.ts'
import { remind } from './reminders/remind.ts'
import { createMetrics } from './runtime/metrics.ts'
import { runMaintenance } from './runtime/recovery/maintenance.ts'
import { reportOutage } from './runtime/repeated-warning.ts'
import { type ConsumerSettings, startConsumer } from './runtime/start-consumer.ts'
import { reportHealth } from './webhook-health/report-health.ts'

const maintenanceEveryMs = 3_600_000

export type WorkerOptions = Omit<ConsumerSettings, 'publish' | 'metrics' | 'signal'> & {
  /** The consumers that this process serves. */
  serve: readonly ConsumerName[]
  /** Days after which deleted goals and tasks are purged. */
  retentionDays: number
  /** Days after which audit rows are deleted. Undefined keeps them all. */
  auditRetentionDays?: number | undefined
  registry: Registry
  /** The clock of the reminders and digests, for tests. The default is that of Postgres. */
  clock?: () => number
}

export type RunningWorker = { close(): Promise<void> }

/**
 * Starts the consumers of this process, the reminders, the digests, the reports of the health of webhooks and the
 * hourly maintenance, until it closes.
 */
export function createWorker(options: WorkerOptions): RunningWorker {
  const { serve, pool, redis, queuePrefix, retentionDays, auditRetentionDays, registry, clock, postgresOutage, log } =
    options
  const dispatcher = createDispatcher({ connection: redis.producer, prefix: queuePrefix, log })
  registerDispatcherMetrics(registry, dispatcher)
  const hints = createFeedHints({ connection: redis.producer, prefix: queuePrefix })
  registerFeedHintMetrics(registry, hints)
  const publish: Publish = (events) => {
    dispatcher.dispatch(events)
    hints.push(events)
  }
  const metrics = createMetrics(registry, pool, serve)
  const stopping = new AbortController()
  const settings = { ...options, publish, metrics, signal: stopping.signal }
  const consumers = serve.map((name) => startConsumer(name, settings))
  const report = (message: string) => (err: Error) =>
    log[reportOutage(err, postgresOutage) ? 'debug' : 'error']({ err }, message)
  const maintenance = repeat(
    () => runMaintenance({ pool, publish, retentionDays, auditRetentionDays, purged: metrics.purged, log }),
    maintenanceEveryMs,
    report('the hourly maintenance failed'),
    options.timings.secondaryAfterMs,
  )
  const reminders = repeat(
    () => remind({ pool, publish, made: metrics.reminders, signal: stopping.signal, clock }),
    options.timings.remindEveryMs,
    report('the reminders cannot be made'),
    options.timings.secondaryAfterMs,
  )
  const digests = repeat(
    () => closeDigests({ pool, publish, signal: stopping.signal, clock }),
    options.timings.closeDigestsEveryMs,
    report('the digests cannot be closed'),
    options.timings.secondaryAfterMs,
  )
  const health = repeat(
    () => reportHealth({ pool, publish, signal: stopping.signal }),
    options.timings.reportHealthEveryMs,
    report('the health of webhooks cannot be reported'),
    options.timings.secondaryAfterMs,
  )

  return {
    /**
     * Takes no more jobs, finishes the running ones, returns to the queue those that wait for Postgres or Redis, and
     * enqueues the events that this process committed. Takes as long as the slowest job; the caller sets the
     * deadline. Does not wait for a Redis that is away. Its connections belong to the caller, who must disconnect
     * them.
     */
    async close() {
      stopping.abort()
      await Promise.all([maintenance, reminders, digests, health, ...consumers].map((each) => each.close()))
      await dispatcher.flush()
      await dispatcher.close()
    },
  }
}
