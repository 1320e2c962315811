import {
  finishWebhookDeliveries,
  type HealthChange,
  type HealthLimits,
  inTransaction,
  recordHealth,
} from '@goals-tasks/db'
import type { Failure } from '../../runtime/processing/job-result.ts'
import type { TargetJob } from '../contract.ts'
import type { Result } from './attempt.ts'
import type { Endpoint } from './endpoint.ts'

/** The failures with their records, and the health of the endpoint when the results may have changed it. */
export type Recorded = { failures: Failure[]; health: HealthChange | null }

type Failed = Extract<Result, { error: Error }>

/**
 * Records several results: the requests, the ends of deliveries, the failures and the health. Takes one statement when
 * an endpoint that is fine got every event, else one transaction.
 */
export function recordResults(
  job: TargetJob,
  endpoint: Endpoint,
  results: readonly Result[],
  limits: HealthLimits,
): Promise<Recorded> {
  const failed = results.filter((result): result is Failed => 'error' in result)
  const records = {
    ...{ webhookId: endpoint.id, target: job.target },
    finished: results.flatMap(({ kind, event }) => (kind === 'delivered' || kind === 'skipped' ? [event.id] : [])),
    attempts: results.flatMap(({ attempt }) => attempt ?? []),
  }
  return job.whileUnavailable(async () => {
    if (failed.length === 0 && !changesHealth(endpoint, results)) {
      await finishWebhookDeliveries(job.pool, records)
      return { failures: [], health: null }
    }
    return inTransaction(
      job.pool,
      () => undefined,
      async (tx) => {
        const health = changesHealth(endpoint, results) ? await countAttempts(tx, endpoint, results, limits) : null
        await finishWebhookDeliveries(tx, records)
        return { failures: await recordFailures(job, tx, failed), health }
      },
    )
  })
}

async function recordFailures(
  job: TargetJob,
  tx: Parameters<TargetJob['recordFailure']>[0],
  failed: readonly Failed[],
) {
  const failures: Failure[] = []
  for (const { event, error, kind } of failed)
    failures.push({ event, error, isFinal: kind !== 'failed', recorded: await job.recordFailure(tx, event, error) })
  return failures
}

/** The part of a result that counts for the health of an endpoint. */
type Counted = { kind: string; retryAfterMs?: number; error?: Error }

const isFailure = ({ kind }: Counted): boolean => kind === 'failed' || kind === 'gone'

/** The row of a healthy endpoint is not written as long as every request succeeds. */
export function changesHealth({ health }: Endpoint, results: readonly Counted[]): boolean {
  if (results.some(isFailure)) return true
  return health !== 'healthy' && results.some(({ kind }) => kind === 'delivered')
}

/** Counts the results for the health of the endpoint. @returns null when it does not exist or is disabled */
export function countAttempts(
  tx: Parameters<typeof recordHealth>[0],
  { id, isProbe }: Endpoint,
  results: readonly Counted[],
  limits: HealthLimits,
): Promise<HealthChange | null> {
  const counts = {
    delivered: results.filter(({ kind }) => kind === 'delivered').length,
    failed: results.filter(isFailure).length,
    isGone: results.some(({ kind }) => kind === 'gone'),
    retryAfterMs: Math.max(0, ...results.map(({ retryAfterMs = 0 }) => retryAfterMs)),
    error: results.findLast(isFailure)?.error?.message ?? null,
  }
  return recordHealth(tx, id, { ...counts, isProbe }, limits)
}
