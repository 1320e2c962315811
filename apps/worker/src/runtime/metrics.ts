import { createOverdueLook } from '@goals-tasks/db'
import { type ConsumerName, reminderKinds } from '@goals-tasks/events'
import { Counter, Gauge, Histogram, type Registry } from '@goals-tasks/observability'
import type pg from 'pg'

export type Metrics = ReturnType<typeof createMetrics>
type Counters = Pick<Metrics, 'handled' | 'failed' | 'dead' | 'redispatched' | 'dropped' | 'outages'>

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

/** All metrics of a worker. A scrape reads the gauges from Postgres. No gauge counts the rows of a table. */
export function createMetrics(registry: Registry, pool: pg.Pool, consumers: readonly ConsumerName[]) {
  const registers = [registry]
  const labelNames = ['consumer'] as const
  const counter = (name: string, help: string) =>
    new Counter({ name: `gt_worker_${name}_total`, help, labelNames, registers })
  const metrics = {
    handled: new Counter({
      name: 'gt_worker_events_handled_total',
      help: 'Events by outcome: "done" (effect committed), "skipped" (needs none), "snoozed" (runs again later)',
      labelNames: ['consumer', 'outcome'] as const,
      registers,
    }),
    failed: counter('attempts_failed', 'Failed attempts at an event'),
    dead: counter('dead_letters', 'Events moved to the dead letters'),
    redispatched: counter('events_redispatched', 'Events without a job that the sweeper enqueued again'),
    dropped: counter('jobs_dropped', 'Jobs removed from a full Redis; their deliveries are enqueued again'),
    outages: counter('outages', 'Times that a job had to wait for our own Postgres or Redis'),
    purged: new Counter({
      name: 'gt_worker_purged_total',
      help: 'Goals, tasks, notifications and reminders purged after the retention',
      labelNames: ['entity'] as const,
      registers,
    }),
    reminders: new Counter({
      name: 'gt_worker_reminders_total',
      help: 'Reminders made of tasks that are due soon, due today or overdue',
      labelNames: ['kind'] as const,
      registers,
    }),
    latency: new Histogram({
      name: 'gt_worker_commit_to_effect_seconds',
      help: 'From the commit of an event to its effect',
      labelNames,
      buckets: seconds,
      registers,
    }),
    jobs: new Histogram({
      name: 'gt_worker_job_duration_seconds',
      help: 'How long a job ran',
      labelNames,
      buckets: seconds,
      registers,
    }),
  }
  const looks = consumers.map((consumer) => ({ consumer, look: createOverdueLook(consumer) }))
  new Gauge({
    name: 'gt_worker_oldest_overdue_seconds',
    help: 'How long the longest overdue delivery has been due; 0 is normal',
    labelNames,
    registers,
    async collect() {
      await resetOnError(this, async () => {
        for (const { consumer, look } of looks) this.set({ consumer }, await look.oldestSeconds(pool))
      })
    },
  })
  for (const consumer of consumers) startAtZero(metrics, consumer)
  for (const kind of reminderKinds) metrics.reminders.inc({ kind }, 0)
  for (const entity of ['goal', 'task', 'notification', 'reminder']) metrics.purged.inc({ entity }, 0)
  return metrics
}

/** Exports every counter from the start: a rate misses the first increase of a counter that did not exist before. */
function startAtZero(
  { handled, failed, dead, redispatched, dropped, outages }: Counters,
  consumer: ConsumerName,
): void {
  for (const outcome of ['done', 'skipped', 'snoozed']) handled.inc({ consumer, outcome }, 0)
  for (const counter of [failed, dead, redispatched, dropped, outages]) counter.inc({ consumer }, 0)
}

/** Without Postgres the gauge has no value. The scrape still returns all other metrics. */
async function resetOnError(gauge: Gauge, read: () => Promise<void>): Promise<void> {
  await read().catch(() => gauge.reset())
}
