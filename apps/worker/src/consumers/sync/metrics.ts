import { webhookHealths } from '@goals-tasks/events'
import { Counter, Histogram, type Registry } from '@goals-tasks/observability'
import type { SyncDeps } from './sync.ts'

const outcomes = ['delivered', 'failed', 'gone'] as const
const messageOutcomes = ['delivered', 'failed', 'skipped'] as const
const runStates = ['completed', 'failed'] as const
const seconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

type WebhookMetrics = Required<Pick<SyncDeps, 'onAttempt' | 'onHealthChange' | 'onRunMessage' | 'onRunEnd'>>

/** Registers the metrics of the requests to webhooks. No label names a webhook: their number has no bound. */
export function createWebhookMetrics(registry: Registry): WebhookMetrics {
  const registers = [registry]
  const attempts = new Counter({
    name: 'gt_webhook_attempts_total',
    help: 'Requests to webhooks by outcome: "delivered" (2xx), "gone" (410), "failed" (anything else)',
    labelNames: ['outcome'] as const,
    registers,
  })
  const durations = new Histogram({
    name: 'gt_webhook_attempt_duration_seconds',
    help: 'How long a request to a webhook took',
    labelNames: ['outcome'] as const,
    buckets: seconds,
    registers,
  })
  const changes = new Counter({
    name: 'gt_webhook_health_changes_total',
    help: 'Changes of the health of webhooks, by the new health',
    labelNames: ['health'] as const,
    registers,
  })
  const messages = new Counter({
    name: 'gt_sync_run_messages_total',
    help: 'Goals and tasks in sync runs by outcome: "delivered", "failed" (each attempt counts), "skipped" by a filter',
    labelNames: ['outcome'] as const,
    registers,
  })
  const ends = new Counter({
    name: 'gt_sync_runs_total',
    help: 'Sync runs that ended in a worker, by state: "completed" or "failed"',
    labelNames: ['state'] as const,
    registers,
  })
  for (const outcome of messageOutcomes) messages.inc({ outcome }, 0)
  for (const state of runStates) ends.inc({ state }, 0)
  for (const outcome of outcomes) attempts.inc({ outcome }, 0)
  for (const health of webhookHealths) changes.inc({ health }, 0)
  return {
    onAttempt(outcome, durationMs) {
      attempts.inc({ outcome })
      durations.observe({ outcome }, durationMs / 1_000)
    },
    onHealthChange: (health) => changes.inc({ health }),
    onRunMessage: (outcome) => messages.inc({ outcome }),
    onRunEnd: (state) => ends.inc({ state }),
  }
}
