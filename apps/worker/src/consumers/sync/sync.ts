import { type HealthChange, type HealthLimits, loadWebhookMessages, probeLeaseMs } from '@goals-tasks/db'
import type { JobEvent, WebhookHealth } from '@goals-tasks/events'
import pMap from 'p-map'
import { emptyResult, type JobResult } from '../../runtime/processing/job-result.ts'
import type { PerTarget, TargetJob } from '../contract.ts'
import { attempt, type Result } from './attempt.ts'
import { createEndpoints, type Endpoint, type EndpointConfig } from './endpoint.ts'
import { endDeliveries, snooze } from './job-results.ts'
import { recordResults } from './record.ts'
import { type RunLimits, runLimits } from './runs/limits.ts'
import type { EntryResult } from './runs/send-entry.ts'
import { createRunWalker } from './runs/walk.ts'
import { createSlots, type JobKind, maxJobsOfTarget, type RunningJobs } from './slots.ts'

export type SyncDeps = EndpointConfig & {
  /** The `source` of the CloudEvents. */
  source: string
  limits?: HealthLimits
  pausedLookMs?: number
  runLimits?: RunLimits
  onAttempt?: (outcome: 'delivered' | 'failed' | 'gone', durationMs: number) => void
  onHealthChange?: (health: WebhookHealth) => void
  onRunMessage?: (outcome: 'delivered' | 'failed' | 'skipped') => void
  onRunEnd?: (state: 'completed' | 'failed') => void
}

const [second, minute, hour] = [1_000, 60_000, 3_600_000]

export const healthLimits: HealthLimits = {
  suspendAfter: 5,
  probeWaitsMs: [5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute],
  disableAfterMs: 72 * hour,
}

/** Requests to one endpoint that a job sends at once. Their results are recorded together. */
const parallelRequests = 10
const lookEveryMs = 1_000
/** The events of a paused endpoint look again after this time. */
const defaultPausedLookMs = 20_000
/** A job that finds its endpoint busy runs again after this time, give or take a half. */
const busyWaitMs = 500

/**
 * Sends events to webhooks as CloudEvents JSON. The receivers order them by `aggregateversion`. A webhook that fails
 * again and again is suspended: it gets one request as a probe from time to time, and its other events wait.
 */
export function createSync({
  source,
  limits = healthLimits,
  pausedLookMs = defaultPausedLookMs,
  ...deps
}: SyncDeps): PerTarget {
  const open = createEndpoints(deps)
  const slots = createSlots()
  const runs = createRunWalker({
    ...{ source, parallelRequests, limits: { health: limits, run: deps.runLimits ?? runLimits }, onHealth: noteHealth },
    onEnd: (state) => deps.onRunEnd?.(state),
    onResult: noteRunResult,
  })

  /** The event that started a run is handled alone. Events beside it come first. */
  async function run(job: TargetJob): Promise<JobResult> {
    const start = job.events.find(startsRun)
    const others = job.events.filter((event) => event !== start)
    if (!start) return inSlot(job, 'events', runEvents)
    if (others.length === 0) return inSlot(job, 'run', (endpoint) => runRun(job, start, endpoint))
    return merge(await run({ ...job, events: others }), snooze([start], 0, 'other events of the webhook come first'))
  }

  /** Calls `work` with the endpoint, unless the job cannot run now. Undefined means that the endpoint was deleted. */
  async function inSlot(
    job: TargetJob,
    kind: JobKind,
    work: (endpoint: Endpoint | undefined, job: TargetJob) => Promise<JobResult>,
  ): Promise<JobResult> {
    const running = slots.take(job.target, kind)
    try {
      if (running.ofKind > maxJobsOfTarget[kind]) return snoozeBusy(job)
      const endpoint = await openFree(job, running)
      return endpoint === undefined || 'post' in endpoint ? await work(endpoint, job) : endpoint
    } finally {
      slots.release(job.target, kind)
    }
  }

  async function runEvents(endpoint: Endpoint | undefined, job: TargetJob): Promise<JobResult> {
    if (endpoint === undefined) return endDeliveries(job, job.events)
    if (endpoint.disabledCause !== null) return refuse(job.events, endpoint.disabledCause)
    return deliver(job, endpoint)
  }

  async function runRun(job: TargetJob, start: JobEvent, endpoint: Endpoint | undefined): Promise<JobResult> {
    if (endpoint === undefined) return runs.fail(job, start, 'the webhook was deleted')
    const { disabledCause } = endpoint
    if (disabledCause !== null) return runs.fail(job, start, `the webhook is disabled: ${disabledCause}`)
    return runs.walk(job, start, endpoint)
  }

  /** Opens the endpoint, or returns the result of a job that cannot run now. Undefined means that it was deleted. */
  async function openFree(job: TargetJob, running: RunningJobs): Promise<Endpoint | JobResult | undefined> {
    const endpoint = await openFor(job)
    if (endpoint instanceof Error) return failAll(job.events, endpoint)
    if (!endpoint || endpoint.disabledCause !== null) return endpoint
    if (endpoint.isPaused) return snooze(job.events, pausedLookMs, 'the webhook is paused')
    if (endpoint.health === 'suspended' && !endpoint.isProbe)
      return snooze(job.events, untilNextLook(endpoint.suspendedForMs), suspended)
    if (endpoint.health === 'degraded' && running.all > 1) return snoozeBusy(job)
    return endpoint
  }

  /** An endpoint that cannot be opened fails its events, for example because SECRETS_KEY lacks a key. */
  const openFor = (job: TargetJob): Promise<Endpoint | Error | undefined> =>
    job
      .whileUnavailable(() => open(job.pool, job.target))
      .catch((error) => {
        if (job.signal.aborted || !(error instanceof Error)) throw error
        return error
      })

  /** Sends the events in groups. Stops when the endpoint is suspended or disabled meanwhile. */
  async function deliver(job: TargetJob, endpoint: Endpoint): Promise<JobResult> {
    let result = emptyResult
    let known = endpoint
    for (let next = 0; next < job.events.length; ) {
      if (job.signal.aborted) return merge(result, snooze(job.events.slice(next), 0, 'the worker stops'))
      const size = known.isProbe ? 1 : parallelRequests
      const results = await sendGroup(job, known, job.events.slice(next, next + size))
      next += size
      const { failures, health } = await recordResults(job, known, results, limits)
      result = merge(result, { ...toJobResult(results), failures })
      if (health) noteHealth(job, known, health)
      const left = job.events.slice(next)
      if (health?.after === 'suspended') return merge(result, snooze(left, health.suspendedForMs, suspended))
      if (health?.after === 'disabled') return merge(result, refuse(left, health.disabledCause))
      if (health) known = { ...known, health: health.after, isProbe: false }
    }
    return result
  }

  async function sendGroup(job: TargetJob, endpoint: Endpoint, events: readonly JobEvent[]): Promise<Result[]> {
    const { target } = job
    const ids = events.map(({ id }) => id)
    const load = () => loadWebhookMessages(job.pool, { target, readerId: endpoint.readerId, ids })
    const messages = await job.whileUnavailable(load)
    return pMap(messages, async (message) => {
      const event = events.find(({ id }) => id === message.id) ?? message
      const result = await attempt(endpoint, source, { event: { ...event, target: target || undefined }, message })
      if (result.attempt) deps.onAttempt?.(result.attempt.outcome, result.attempt.durationMs)
      job.onProgress()
      return result
    })
  }

  function noteHealth(
    { log }: TargetJob,
    { id, url }: Endpoint,
    { before, after, suspendedForMs }: HealthChange,
  ): void {
    if (before === after) return
    deps.onHealthChange?.(after)
    const facts = {
      webhookId: id,
      host: URL.parse(url)?.host,
      before,
      after,
      suspendedForMs: Math.ceil(suspendedForMs),
    }
    log[after === 'healthy' ? 'info' : 'warn']({ consumer: 'sync', ...facts }, 'the health of a webhook changed')
  }

  function noteRunResult(result: EntryResult): void {
    if ('durationMs' in result) deps.onAttempt?.(result.kind, result.durationMs)
    if (result.kind !== 'hidden') deps.onRunMessage?.(result.kind === 'gone' ? 'failed' : result.kind)
  }

  return { kind: 'per-target', run }
}

const startsRun = ({ type }: JobEvent): boolean => type === 'sync:triggered'

const suspended = 'the webhook is suspended'

/** While a probe may be running, its end may come at any moment. */
const untilNextLook = (suspendedForMs: number): number =>
  suspendedForMs > probeLeaseMs ? suspendedForMs : Math.min(suspendedForMs, lookEveryMs)

const failAll = (events: readonly JobEvent[], error: Error): JobResult => ({
  ...emptyResult,
  failures: events.map((event) => ({ event, error, isFinal: false })),
})

/** The events of a disabled webhook become dead letters, which its owner can send again. */
const refuse = (events: readonly JobEvent[], cause: string | null): JobResult => ({
  ...emptyResult,
  failures: events.map((event) => ({ event, error: new Error(`the webhook is disabled: ${cause}`), isFinal: true })),
})

const snoozeBusy = ({ events }: TargetJob): JobResult =>
  snooze(events, busyWaitMs * (0.5 + Math.random()), 'the webhook is busy')

const toJobResult = (results: readonly Result[]): JobResult => ({
  ...emptyResult,
  done: results.flatMap(({ kind, message }) => (kind === 'delivered' ? [message] : [])),
  skipped: results.filter(({ kind }) => kind === 'skipped').length,
})

const merge = (one: JobResult, other: JobResult): JobResult => ({
  done: [...one.done, ...other.done],
  skipped: one.skipped + other.skipped,
  snoozed: [...one.snoozed, ...other.snoozed],
  failures: [...one.failures, ...other.failures],
})
