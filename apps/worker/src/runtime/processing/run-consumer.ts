import { snoozeDeliveries } from '@goals-tasks/db'
import { type ConsumerName, isSubscribed, type JobData, type JobEvent, queuePrefix } from '@goals-tasks/events'
import { throttled } from '@goals-tasks/observability'
import { type Job, WaitingError, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { isStalledOut, resolveStalledJob } from '../recovery/review-dead-letters.ts'
import { pauseOnErrorBurst } from '../redis/pause-on-error-burst.ts'
import { type Context, noteProgress } from './context.ts'
import { recordFailedAttempt } from './record-failure.ts'
import { retryWhileUnavailable } from './retry-while-unavailable.ts'
import { type Result, runEvents } from './run-events.ts'

/**
 * Stalls that a job survives. Two unlucky kills of a process are no fault of the job; one that kills its process each time
 * ends in the failed set, where `reviewDeadLetters` finds it.
 */
const maxStalledCount = 3

/**
 * Takes the consumer's jobs from its queue. BullMQ carries ids and keeps time; what is left to do, how often it was tried and
 * what was given up stands in Postgres, so a job that is lost, late or doubled does no harm.
 * `connection` is a worker's.
 */
export function runConsumer<C extends ConsumerName>(
  context: Context<C>,
  connection: Redis,
  prefix: string,
): Worker<JobData> {
  const { name, policy, timings, log } = context
  const worker = new Worker<JobData>(name, (job, token) => runJob(context, job, token), {
    connection,
    prefix: queuePrefix(prefix, name),
    concurrency: policy.concurrency,
    lockDuration: policy.lockMs,
    stalledInterval: timings.stalledCheckEveryMs,
    maxStalledCount,
    // After a lost connection; the default leaves a finished job unreported for 15 s.
    runRetryDelay: 1_000,
  })
  worker.on(
    'error',
    throttled(5_000, (err: Error) => log.warn({ consumer: name, err }, 'the worker is in trouble')),
  )
  pauseOnErrorBurst(worker, context.signal)
  worker.on('stalled', (jobId) =>
    log.warn({ consumer: name, jobId }, 'a job whose worker died or hung is taken up again'),
  )
  worker.on('failed', (job) => {
    // Not missed for good when this process dies now: `reviewDeadLetters` looks into the failed set.
    if (job && isStalledOut(job))
      resolveStalledJob(context, job).catch((err) =>
        log.warn({ consumer: name, err }, 'a stalled job waits for its review'),
      )
  })
  return worker
}

async function runJob<C extends ConsumerName>(context: Context<C>, job: Job<JobData>, token?: string): Promise<Counts> {
  const startedAt = performance.now()
  context.progress.running++
  const result = await work(context, job.data.events)
    .finally(() => {
      context.progress.running--
      noteProgress(context.progress)
    })
    .catch(async (error) => {
      if (!context.signal.aborted) throw error
      // The process stops: another one finds the job where it was.
      await job.moveToWait(token)
      throw new WaitingError()
    })
  return report(context, job.data.events, result, startedAt)
}

async function work<C extends ConsumerName>(context: Context<C>, events: readonly JobEvent[]): Promise<Result> {
  const [known, unknown] = partition(events, (event) => isSubscribed(context.name, event.type))
  if (unknown.length > 0) await park(context, unknown)
  const result = await runEvents(context, known)
  for (const failure of result.failures)
    await retryWhileUnavailable(() => recordFailedAttempt(context, failure), context)
  return result
}

/** Events of a newer program: it will take them up; for this one they are neither work nor a failure. */
async function park({ name: consumer, timings, log, ...context }: Context, events: readonly JobEvent[]): Promise<void> {
  const ids = events.map((event) => event.id)
  await retryWhileUnavailable(
    () => snoozeDeliveries(context.pool, { consumer, ids, snoozeMs: timings.snoozeMs }),
    context,
  )
  const types = [...new Set(events.map((event) => event.type))]
  log.warn({ consumer, type: types, events: ids.length }, 'events of unknown types are put aside for a newer program')
}

type Counts = { done: number; skipped: number; failed: number }

/** One line per job. A failure makes the job fail too, so that the board shows its reason; nothing else comes of that. */
function report(context: Context, events: readonly JobEvent[], result: Result, startedAt: number): Counts {
  const { name: consumer, metrics, log } = context
  const ms = Math.round(performance.now() - startedAt)
  const counts = { done: result.done.length, skipped: result.skipped, failed: result.failures.length }
  metrics.jobs.observe({ consumer }, ms / 1_000)
  metrics.handled.inc({ consumer, outcome: 'done' }, counts.done)
  metrics.handled.inc({ consumer, outcome: 'skipped' }, counts.skipped)
  const now = Date.now()
  for (const event of result.done) metrics.latency.observe({ consumer }, (now - Date.parse(event.occurredAt)) / 1_000)

  const subject = events.length === 1 ? { eventId: events[0]?.id, subject: events[0]?.aggregateId } : {}
  const facts = { consumer, type: summarize(events), ...subject, events: counts.done, ms }
  if (counts.done > 0) log.info(facts, 'done')
  else log.debug({ ...facts, ...counts }, 'nothing to do')

  const [failure] = result.failures
  if (!failure) return counts
  if (events.length === 1) throw failure.error
  throw new Error(`${counts.failed} of ${events.length} events failed, the first with: ${failure.error}`, {
    cause: failure.error,
  })
}

/** `goal:created`, or `goal:created 3, task:updated 97`. */
function summarize(events: readonly JobEvent[]): string {
  const counts = Map.groupBy(events, (event) => event.type)
  if (events.length === 1) return events[0]?.type ?? ''
  return [...counts].map(([type, list]) => `${type} ${list.length}`).join(', ')
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): [T[], T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))]
}
