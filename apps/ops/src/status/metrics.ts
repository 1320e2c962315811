import { isConnectionLoss } from '@goals-tasks/db'
import { Gauge, type Registry } from '@goals-tasks/observability'
import type { ConsumerStatus, Status } from '@goals-tasks/operations'
import type { Logger } from 'pino'
import { shareWhilePending } from './share-while-pending.ts'

type Sample = { labels?: Record<string, string>; value: number }
type GaugeDefinition = { name: string; help: string; labelNames: string[]; samples: (status: Status) => Sample[] }

/**
 * Registers gauges over the whole installation. A scrape loads the status once. A gauge without a known value has no
 * sample, and so has every gauge when the status cannot be loaded.
 */
export function registerStatusMetrics(registry: Registry, load: () => Promise<Status>, log: Logger): void {
  const read = shareWhilePending(() =>
    load().catch((err: unknown) => {
      // The pool logs that Postgres does not answer.
      log[isConnectionLoss(err) ? 'debug' : 'warn']({ err }, 'the status cannot be loaded')
      return undefined
    }),
  )
  for (const { name, help, labelNames, samples } of gauges)
    new Gauge<string>({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect(this: Gauge<string>) {
        const status = await read()
        this.reset()
        for (const { labels = {}, value } of status ? samples(status) : []) this.set(labels, value)
      },
    })
}

const perConsumer = (read: (consumer: ConsumerStatus) => number | null | undefined) => (status: Status) =>
  status.consumers.flatMap((each) => sampleOf({ consumer: each.consumer }, read(each)))

const sampleOf = (labels: Record<string, string>, value: number | null | undefined): Sample[] =>
  value === null || value === undefined ? [] : [{ labels, value }]

const gauges: readonly GaugeDefinition[] = [
  {
    name: 'gt_queue_jobs',
    help: "jobs of a consumer's queue",
    labelNames: ['consumer', 'state'],
    samples: ({ consumers }) => consumers.flatMap(jobSamples),
  },
  {
    name: 'gt_queue_paused',
    help: '1 while nothing is taken from the queue',
    labelNames: ['consumer'],
    samples: perConsumer(({ queue }) => queue && Number(queue.paused)),
  },
  {
    name: 'gt_queue_workers',
    help: 'processes that work on the queue',
    labelNames: ['consumer'],
    samples: perConsumer(({ queue }) => queue?.workers),
  },
  {
    name: 'gt_oldest_pending_seconds',
    help: 'age of the oldest unhandled event',
    labelNames: ['consumer'],
    samples: perConsumer(({ oldestPendingSeconds }) => oldestPendingSeconds ?? 0),
  },
  {
    name: 'gt_dead_letters',
    help: 'dead letters, counted up to ten thousand',
    labelNames: ['consumer'],
    samples: perConsumer(({ deadLetters }) => deadLetters),
  },
  {
    name: 'gt_unpartitioned_events',
    help: 'recent events that no weekly partition took',
    labelNames: [],
    samples: ({ unpartitionedEvents }) => [{ value: unpartitionedEvents }],
  },
]

function jobSamples({ consumer, queue }: ConsumerStatus): Sample[] {
  if (!queue) return []
  const { waiting, active, delayed, failed } = queue
  return Object.entries({ waiting, active, delayed, failed }).map(([state, value]) => ({
    labels: { consumer, state },
    value,
  }))
}
