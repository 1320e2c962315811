import { Counter, type Registry } from '@goals-tasks/observability'
import type { NotificationsDeps } from '../notifications/insert.ts'
import type { EmailDeps } from './context.ts'
import { mailOutcomes } from './sender.ts'

/** Registers the metric of mails. No label names a user: their number has no bound. */
export function createMailMetrics(
  registry: Registry,
): Required<Pick<EmailDeps, 'onOutcome'>> & Pick<NotificationsDeps, 'onHeld'> {
  const mails = new Counter({
    name: 'gt_worker_mails_total',
    help:
      'Mails by outcome: "sent", "skipped" (no longer wanted), "held" (waits for a digest), "refused" (4xx), ' +
      '"bounced" (5xx), "unreachable" (the mail server took none)',
    labelNames: ['outcome'] as const,
    registers: [registry],
  })
  for (const outcome of mailOutcomes) mails.inc({ outcome }, 0)
  return {
    onOutcome: (outcome) => mails.inc({ outcome }),
    onHeld: (count) => mails.inc({ outcome: 'held' }, count),
  }
}
