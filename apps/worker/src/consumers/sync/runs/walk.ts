import {
  completeSyncRun,
  endSyncRun,
  type HealthChange,
  type HealthLimits,
  leaveSyncRun,
  nextSyncRetryMs,
  type SyncRunTurn,
  takeSyncRun,
} from '@goals-tasks/db'
import type { JobEvent } from '@goals-tasks/events'
import pMap from 'p-map'
import { emptyResult, type JobResult } from '../../../runtime/processing/job-result.ts'
import type { TargetJob } from '../../contract.ts'
import type { Endpoint } from '../endpoint.ts'
import { endDeliveries, snooze } from '../job-results.ts'
import type { RunLimits } from './limits.ts'
import { loadRunPage, type Page } from './page.ts'
import { recordGroup } from './record-group.ts'
import { type EntryResult, sendEntry } from './send-entry.ts'

export type WalkDeps = {
  source: string
  limits: { health: HealthLimits; run: RunLimits }
  parallelRequests: number
  onResult(result: EntryResult): void
  onHealth(job: TargetJob, endpoint: Endpoint, change: HealthChange): void
  onEnd(state: 'completed' | 'failed'): void
}

/** A turn of a run: the job with the event that started it, and the endpoint that gets its messages. */
type Turn = { job: TargetJob; event: JobEvent; run: SyncRunTurn; startedAtMs: number }

/** Why a turn stopped before the end of its page, and how long the run waits. */
type Stop = { waitMs: number; reason: string } | { failure: string }

/**
 * Sends the goals and tasks of a sync run to its webhook. The delivery of the event that started the run carries it:
 * each job takes one turn, and its event is snoozed until the next one. The run and its place are rows of Postgres, so
 * a turn that dies with its process is repeated from its last record, with the same ids of messages.
 */
export function createRunWalker({ source, limits, parallelRequests, onResult, onHealth, onEnd }: WalkDeps) {
  async function walk(job: TargetJob, event: JobEvent, endpoint: Endpoint): Promise<JobResult> {
    const startedAtMs = Date.now()
    const taken = await job.whileUnavailable(() => takeSyncRun(job.pool, event.aggregateId, limits.run.leaseMs))
    // The run is over, so its event needs no more work.
    if (taken.kind === 'over') return endDeliveries(job, [event])
    if (taken.kind === 'leased') return snooze([event], taken.forMs, 'another process has the sync run')
    const turn = { job, event, run: taken, startedAtMs }
    if (taken.ageMs > limits.run.maxAgeMs) return fail(job, event, 'the run took too long')
    const page = await job.whileUnavailable(() => loadRunPage(job.pool, taken, limits.run.messagesPerTurn))
    if (taken.stage === 'retries' && page.entries.length === 0) return endOrWait(turn)
    const stop = await sendPage(turn, endpoint, page)
    if (stop && 'failure' in stop) return fail(job, event, stop.failure)
    await job.whileUnavailable(() => leaveSyncRun(job.pool, taken))
    return stop
      ? snooze([event], stop.waitMs, stop.reason)
      : snooze([event], untilNextTurn(turn, page), 'the run goes on')
  }

  /** Sends the page in groups, and records each. A page without entries leads to the next stage. */
  async function sendPage(turn: Turn, endpoint: Endpoint, page: Page): Promise<Stop | undefined> {
    const { job, run } = turn
    let known = endpoint
    for (let next = 0; next === 0 || next < page.entries.length; ) {
      if (job.signal.aborted) return { waitMs: 0, reason: 'the worker stops' }
      const group = page.entries.slice(next, next + (known.isProbe ? 1 : parallelRequests))
      const results = await sendGroup(turn, known, group)
      next += Math.max(group.length, 1)
      const place = page.placeAfter(next - 1)
      const { health, failures } = await recordGroup(job, known, { run, results, place }, limits)
      if (health) onHealth(job, known, health)
      const stop = stopAfter(results, health, failures)
      if (stop) return stop
      if (health) known = { ...known, health: health.after, isProbe: false }
    }
    return undefined
  }

  const sendGroup = ({ job, run }: Turn, endpoint: Endpoint, group: Page['entries']): Promise<EntryResult[]> =>
    pMap(group, async (entry) => {
      const result = await sendEntry(endpoint, entry, { source, runId: run.id })
      onResult(result)
      job.onProgress()
      return result
    })

  function stopAfter(
    results: readonly EntryResult[],
    health: HealthChange | null,
    failures: number | undefined,
  ): Stop | undefined {
    if (health?.after === 'disabled') return { failure: `the webhook is disabled: ${health.disabledCause}` }
    if (health?.after === 'suspended') return { waitMs: health.suspendedForMs, reason: 'the webhook is suspended' }
    if (failures === undefined) return { waitMs: 0, reason: 'the turn is over' }
    if (failures > limits.run.maxFailures)
      return { failure: `the receiver refused more than ${limits.run.maxFailures} goals and tasks` }
    const waitMs = Math.max(0, ...results.map((result) => ('retryAfterMs' in result ? result.retryAfterMs : 0)))
    return waitMs > 0 ? { waitMs, reason: 'the receiver asks for time' } : undefined
  }

  async function endOrWait({ job, event, run }: Turn): Promise<JobResult> {
    const waitMs = await job.whileUnavailable(() => nextSyncRetryMs(job.pool, run.id))
    if (waitMs !== null) {
      await job.whileUnavailable(() => leaveSyncRun(job.pool, run))
      return snooze([event], waitMs, 'the run waits for its next attempts')
    }
    const ending = { id: run.id, turn: run.turn }
    const counts = await job.whileUnavailable(() => completeSyncRun(job.pool, ending))
    if (!counts) return snooze([event], 0, 'the turn is over')
    onEnd('completed')
    job.log.info({ consumer: 'sync', runId: run.id, webhookId: job.target, ...counts }, 'a sync run is complete')
    return { ...emptyResult, skipped: 1 }
  }

  /** Ends a run that cannot go on. `reason` is for its owner. */
  async function fail(job: TargetJob, event: JobEvent, reason: string): Promise<JobResult> {
    const ending = { id: event.aggregateId, state: 'failed', error: reason } as const
    if (await job.whileUnavailable(() => endSyncRun(job.pool, ending))) {
      onEnd('failed')
      job.log.warn({ consumer: 'sync', runId: event.aggregateId, webhookId: job.target, reason }, 'a sync run failed')
      return { ...emptyResult, skipped: 1 }
    }
    return endDeliveries(job, [event])
  }

  const untilNextTurn = ({ startedAtMs }: Turn, { entries }: Page): number =>
    Math.max(0, startedAtMs + (entries.length / limits.run.messagesPerSecond) * 1_000 - Date.now())

  return { walk, fail }
}
