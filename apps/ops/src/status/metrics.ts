import { isConnectionLoss } from '@goals-tasks/db'
import { webhookHealths } from '@goals-tasks/events'
import { Gauge, type Registry } from '@goals-tasks/observability'
import type { ClusterStatus, ConsumerStatus, Status } from '@goals-tasks/operations'
import type { Logger } from 'pino'
import { shareWhilePending } from './share-while-pending.ts'

type Sample = { labels?: Record<string, string>; value: number }
type GaugeDefinition<S> = { name: string; help: string; labelNames: string[]; samples: (status: S) => Sample[] }
type Sources = { loadStatus: () => Promise<Status>; loadCluster: () => Promise<ClusterStatus>; log: Logger }

/**
 * Registers gauges over the whole installation. A scrape loads each status once. A gauge without a known value has no
 * sample, and so has every gauge when its status cannot be loaded.
 */
export function registerStatusMetrics(registry: Registry, { loadStatus, loadCluster, log }: Sources): void {
  registerGauges(registry, gauges, shareWhilePending(logging(loadStatus, log)))
  registerGauges(registry, clusterGauges, shareWhilePending(logging(loadCluster, log)))
}

/** Logs why a status cannot be loaded. The pool logs that Postgres does not answer. */
const logging =
  <S>(load: () => Promise<S>, log: Logger) =>
  (): Promise<S | undefined> =>
    load().catch((err: unknown) => {
      log[isConnectionLoss(err) ? 'debug' : 'warn']({ err }, 'the status cannot be loaded')
      return undefined
    })

function registerGauges<S>(
  registry: Registry,
  definitions: readonly GaugeDefinition<S>[],
  read: () => Promise<S | undefined>,
): void {
  for (const { name, help, labelNames, samples } of definitions)
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

const gauges: readonly GaugeDefinition<Status>[] = [
  {
    name: 'gt_queue_jobs',
    help: "jobs of a consumer's queue",
    labelNames: ['consumer', 'state'],
    samples: ({ consumers }) => consumers.flatMap(jobSamples),
  },
  {
    name: 'gt_queue_paused',
    help: '1 while the consumer or its queue is paused',
    labelNames: ['consumer'],
    samples: perConsumer(({ queue, pause }) => Number(pause !== null || queue?.paused === true)),
  },
  {
    name: 'gt_queue_workers',
    help: 'running processes that serve the consumer',
    labelNames: ['consumer'],
    samples: perConsumer(({ workers }) => workers),
  },
  {
    name: 'gt_oldest_pending_seconds',
    help: 'age of the oldest unhandled event',
    labelNames: ['consumer'],
    samples: perConsumer(({ oldestPendingSeconds }) => oldestPendingSeconds ?? 0),
  },
  {
    name: 'gt_pending_deliveries',
    help: 'deliveries that are not finished, counted up to ten thousand',
    labelNames: ['consumer'],
    samples: perConsumer(({ pendingDeliveries }) => pendingDeliveries),
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
  {
    name: 'gt_feed_lag_seconds',
    help: 'age of the oldest event that readers of the feed may not see yet, because its transaction is open',
    labelNames: [],
    samples: ({ feedLagSeconds }) => [{ value: feedLagSeconds }],
  },
  {
    name: 'gt_reminder_lag_seconds',
    help: 'all reminders that became due longer ago are made',
    labelNames: [],
    samples: ({ reminderLagSeconds }) => [{ value: reminderLagSeconds }],
  },
  {
    name: 'gt_mail_digest_lag_seconds',
    help: 'how long ago the window of the oldest digest ended that no worker has closed',
    labelNames: [],
    samples: ({ digestLagSeconds }) => [{ value: digestLagSeconds }],
  },
  {
    name: 'gt_mail_server_blocked',
    help: '1 while workers try no mail, because the mail server did not take the last ones',
    labelNames: [],
    samples: ({ mailServerError }) => [{ value: Number(mailServerError !== null) }],
  },
  {
    name: 'gt_webhooks',
    help: 'webhooks of users by health, counted up to ten thousand',
    labelNames: ['health'],
    samples: ({ webhooks }) => Object.entries(webhooks).map(([health, value]) => ({ labels: { health }, value })),
  },
  {
    name: 'gt_webhooks_paused',
    help: 'webhooks of users that operators have paused, counted up to a hundred',
    labelNames: [],
    samples: ({ pausedWebhooks }) => [{ value: pausedWebhooks.length }],
  },
  {
    name: 'gt_sync_runs_active',
    help: 'sync runs that are not over, counted up to ten thousand',
    labelNames: [],
    samples: ({ syncRuns: { pending, running } }) => [{ value: pending + running }],
  },
  {
    name: 'gt_sync_runs_stuck',
    help: 'sync runs that no worker goes on with, because their delivery is gone',
    labelNames: [],
    samples: ({ syncRuns }) => [{ value: syncRuns.stuck }],
  },
  {
    name: 'gt_webhook_oldest_pending_seconds',
    help: 'age of the oldest event that waits for a webhook of a user, by the health of the webhook, or "paused"',
    labelNames: ['health'],
    samples: ({ consumers }) =>
      [...webhookHealths, 'paused' as const].map((health) => ({
        labels: { health },
        value: Math.max(0, ...consumers.map((each) => each.oldestPendingSecondsByWebhook?.[health] ?? 0)),
      })),
  },
]

const clusterGauges: readonly GaugeDefinition<ClusterStatus>[] = [
  {
    name: 'gt_db_oldest_transaction_seconds',
    help: 'age of the oldest open transaction of the cluster; rows that it may still see cannot be removed',
    labelNames: [],
    samples: ({ oldestTransactionSeconds }) => [{ value: oldestTransactionSeconds }],
  },
  {
    name: 'gt_db_dead_tuples',
    help: 'old versions of rows that vacuum has not removed, as Postgres estimates them',
    labelNames: ['table'],
    samples: ({ tables }) => tables.map(({ table, deadTuples }) => ({ labels: { table }, value: deadTuples })),
  },
  {
    name: 'gt_db_live_tuples',
    help: 'rows of a table, as Postgres estimates them',
    labelNames: ['table'],
    samples: ({ tables }) => tables.map(({ table, liveTuples }) => ({ labels: { table }, value: liveTuples })),
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
