import {
  type Executor,
  type HealthChange,
  type HealthLimits,
  inTransaction,
  recordSyncProgress,
  type SyncRunTurn,
} from '@goals-tasks/db'
import type { TargetJob } from '../../contract.ts'
import type { Endpoint } from '../endpoint.ts'
import { changesHealth, countAttempts } from '../record.ts'
import type { RunLimits } from './limits.ts'
import type { Place } from './page.ts'
import type { EntryResult } from './send-entry.ts'

type Group = { run: SyncRunTurn; results: readonly EntryResult[]; place: Place }

/** The health of the webhook when it may have changed, and the number of refused goals and tasks. */
type RecordedGroup = {
  health: HealthChange | null
  /** Undefined when the turn is over: the run has ended, or another process has taken it. */
  failures: number | undefined
}

/**
 * Records the results of a group and the place after it. When the group suspends or disables the webhook, the run
 * stays where it was: the webhook is to blame, not what was sent.
 */
export function recordGroup(
  job: TargetJob,
  endpoint: Endpoint,
  group: Group,
  limits: { health: HealthLimits; run: RunLimits },
): Promise<RecordedGroup> {
  const record = (db: Executor) => recordSyncProgress(db, progressOf(group, limits.run))
  return job.whileUnavailable(async () => {
    const judged = judgedOf(group)
    if (!changesHealth(endpoint, judged)) return { health: null, failures: await record(job.pool) }
    return inTransaction(
      job.pool,
      () => undefined,
      async (tx) => {
        const health = await countAttempts(tx, endpoint, judged, limits.health)
        const isStopped = health?.after === 'suspended' || health?.after === 'disabled'
        return { health, failures: isStopped ? 0 : await record(tx) }
      },
    )
  })
}

/**
 * Returns the results that count for the health of the webhook. It has taken the others before the retries, so what it
 * refuses again is to blame itself.
 */
const judgedOf = ({ run, results }: Group): readonly EntryResult[] =>
  run.stage === 'retries' ? results.filter((result) => !isRefusal(result)) : results

/** 408 and 429 ask for another time, and 410 ends the webhook. */
const isRefusal = (result: EntryResult): boolean =>
  result.kind === 'failed' && result.status !== null && /^4(?!08|29)/.test(String(result.status))

function progressOf({ run: { id, turn }, results, place }: Group, { leaseMs, retryWaitsMs }: RunLimits) {
  const count = (isCounted: (result: EntryResult) => boolean) => results.filter(isCounted).length
  const isSent = (entity: string) => (result: EntryResult) =>
    result.kind === 'delivered' && result.entry.entity === entity
  return {
    ...{ id, turn, leaseMs, retryWaitsMs, ...place },
    sent: {
      ...{ goals: count(isSent('goal')), tasks: count(isSent('task')) },
      skipped: count(({ kind }) => kind === 'skipped'),
    },
    failures: results.flatMap((result) => {
      if (!('error' in result)) return []
      const { entry, error, retryAfterMs } = result
      // A receiver that asks for time has not refused what was sent.
      return [{ entity: entry.entity, id: entry.id, error: error.message, isAttempt: retryAfterMs === 0, retryAfterMs }]
    }),
    resolved: results.flatMap((result) => ('error' in result ? [] : [result.entry.id])),
  }
}
