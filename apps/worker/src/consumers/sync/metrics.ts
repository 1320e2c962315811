import { Counter, Histogram, type Registry } from '@goals-tasks/observability'
import type { SyncDeps } from './sync.ts'

const outcomes = ['delivered', 'failed', 'gone'] as const
const healths = ['healthy', 'degraded', 'suspended', 'disabled'] as const
const seconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Registers the metrics of the requests to webhooks. No label names a webhook: their number has no bound. */
export function createWebhookMetrics(registry: Registry): Required<Pick<SyncDeps, 'onAttempt' | 'onHealthChange'>> {
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
  for (const outcome of outcomes) attempts.inc({ outcome }, 0)
  for (const health of healths) changes.inc({ health }, 0)
  return {
    onAttempt(outcome, durationMs) {
      attempts.inc({ outcome })
      durations.observe({ outcome }, durationMs / 1_000)
    },
    onHealthChange: (health) => changes.inc({ health }),
  }
}
