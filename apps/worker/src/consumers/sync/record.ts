import {
  finishDeliveries,
  type HealthChange,
  type HealthLimits,
  insertWebhookAttempts,
  inTransaction,
  recordHealth,
} from '@goals-tasks/db'
import type { Failure } from '../../runtime/processing/job-result.ts'
import type { TargetJob } from '../contract.ts'
import type { Result } from './attempt.ts'
import type { Endpoint } from './endpoint.ts'

/** The failures with their records, and the health of the endpoint when the results changed or confirmed it. */
export type Recorded = { failures: Failure[]; health: HealthChange | null }

type Failed = Extract<Result, { error: Error }>

/** Records several results in one transaction: the requests, the ends of deliveries, the failures and the health. */
export function recordResults(
  job: TargetJob,
  endpoint: Endpoint,
  results: readonly Result[],
  limits: HealthLimits,
): Promise<Recorded> {
  const finished = results.flatMap(({ kind, event }) => (kind === 'delivered' || kind === 'skipped' ? [event.id] : []))
  const failed = results.filter((result): result is Failed => 'error' in result)
  return job.whileUnavailable(() =>
    inTransaction(
      job.pool,
      () => undefined,
      async (tx) => {
        const health = await countAttempts(tx, endpoint, results, limits)
        if (finished.length > 0) await finishDeliveries(tx, 'sync', finished, job.target)
        await insertWebhookAttempts(
          tx,
          endpoint.id,
          results.flatMap(({ attempt }) => attempt ?? []),
        )
        const failures: Failure[] = []
        for (const { event, error, kind } of failed) {
          const recorded = await job.recordFailure(tx, event, error)
          failures.push({ event, error, isFinal: kind !== 'failed', recorded })
        }
        return { failures, health }
      },
    ),
  )
}

/** The row of a healthy endpoint is not written as long as every request succeeds. */
async function countAttempts(
  tx: Parameters<typeof recordHealth>[0],
  { id, health, consecutiveFailures, isProbe }: Endpoint,
  results: readonly Result[],
  limits: HealthLimits,
): Promise<HealthChange | null> {
  const delivered = results.filter(({ kind }) => kind === 'delivered').length
  const failed = results.filter(({ kind }) => kind === 'failed' || kind === 'gone').length
  const wasFine = health === 'healthy' && consecutiveFailures === 0
  if (failed === 0 && (wasFine || delivered === 0)) return null
  const waits = results.map((result) => ('retryAfterMs' in result ? result.retryAfterMs : 0))
  const isGone = results.some(({ kind }) => kind === 'gone')
  return recordHealth(tx, id, { delivered, failed, isGone, isProbe, retryAfterMs: Math.max(0, ...waits) }, limits)
}
