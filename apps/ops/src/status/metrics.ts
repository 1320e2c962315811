import { Gauge, type Registry } from '@goals-tasks/observability'
import type { ConsumerStatus, Status } from '@goals-tasks/operations'
import type { Logger } from 'pino'

type Labelled = { labels?: Record<string, string>; value: number }

/** Gauges over the whole installation, read when they are scraped; what cannot be read is left out. */
export function registerStatusMetrics(registry: Registry, load: () => Promise<Status>, log: Logger): void {
  const read = shareWhilePending(() =>
    load().catch((err: unknown) => {
      log.warn({ err }, 'the status cannot be read')
      return undefined
    }),
  )
  const gauge = (name: string, help: string, labelNames: string[], values: (status: Status) => Labelled[]) =>
    new Gauge<string>({
      name: `gt_${name}`,
      help,
      labelNames,
      registers: [registry],
      async collect(this: Gauge<string>) {
        const status = await read()
        this.reset()
        for (const { labels = {}, value } of status ? values(status) : []) this.set(labels, value)
      },
    })
  const perConsumer = (value: (consumer: ConsumerStatus) => number | null | undefined) => (status: Status) =>
    status.consumers.flatMap((c) => labelled({ consumer: c.consumer }, value(c)))

  gauge('queue_jobs', "jobs of a consumer's queue", ['consumer', 'state'], (status) => status.consumers.flatMap(jobs))
  gauge(
    'queue_paused',
    '1 while nothing is taken from the queue',
    ['consumer'],
    perConsumer((c) => c.queue && Number(c.queue.paused)),
  )
  gauge(
    'queue_workers',
    'processes that work on the queue',
    ['consumer'],
    perConsumer((c) => c.queue?.workers),
  )
  gauge(
    'oldest_pending_seconds',
    'age of the oldest unhandled event',
    ['consumer'],
    perConsumer((c) => c.oldestPendingSeconds ?? 0),
  )
  gauge(
    'dead_letters',
    'events given up, counted up to ten thousand',
    ['consumer'],
    perConsumer((c) => c.deadLetters),
  )
  gauge('unpartitioned_events', 'recent events that no weekly partition took', [], (status) => [
    { value: status.unpartitionedEvents },
  ])
}

function jobs({ consumer, queue }: ConsumerStatus): Labelled[] {
  if (!queue) return []
  const { waiting, active, delayed, failed } = queue
  return Object.entries({ waiting, active, delayed, failed }).map(([state, value]) => ({
    labels: { consumer, state },
    value,
  }))
}

const labelled = (labels: Record<string, string>, value: number | null | undefined): Labelled[] =>
  value === null || value === undefined ? [] : [{ labels, value }]

/** The gauges of one scrape ask at the same time and get one answer. */
function shareWhilePending<T>(load: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined
  return () => {
    pending ??= load().finally(() => {
      pending = undefined
    })
    return pending
  }
}
