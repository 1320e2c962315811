import { type ConsumerName, isSubscribed, type JobData, type JobEvent, spanAttributes } from '@goals-tasks/events'
import { inSpan, originOf, runFor, SpanKind } from '@goals-tasks/tracing'
import { type Job, WaitingError } from 'bullmq'
import pMap from 'p-map'
import type { Context } from '../context.ts'
import { startJob } from '../progress.ts'
import { emptyResult, type JobResult, type SnoozedEvent } from './job-result.ts'
import { type Counts, reportJob } from './report-job.ts'
import { retryOrDeadLetter } from './retry-or-dead-letter.ts'
import { retryWhileUnavailable } from './retry-while-unavailable.ts'
import { runExternal } from './run-external.ts'
import { runInSql } from './run-in-sql.ts'
import { runPerTarget } from './run-per-target.ts'
import { runTransactional } from './run-transactional.ts'
import { groupByTime, snoozeTogether, snoozeUnknown } from './snooze-events.ts'

const parallelSnoozes = 10

/** Runs one job of the consumer: its events, the records of snoozes and failures, the report. */
export async function runJob<C extends ConsumerName>(
  context: Context<C>,
  job: Job<JobData>,
  token?: string,
): Promise<Counts> {
  // A worker that waits for a job when it is paused still gets that one.
  if (context.pause.isPaused) await returnToQueue(job, token)
  const startedAt = performance.now()
  const { events } = job.data
  const progress = startJob(context.progress)
  const work = () => handleEvents(withProgress(context, progress.note), events)
  const result = await inJobSpan(context.name, events, work)
    .finally(progress.end)
    .catch(async (error) => {
      if (!context.signal.aborted) throw error
      // The process stops. The job goes back to where it was, for another process.
      return returnToQueue(job, token)
    })
  return reportJob(context, { events, result, startedAt })
}

/** Returns the context of a job: what advances the job, and its waits for our own servers, call `note`. */
const withProgress = <C extends ConsumerName>(context: Context<C>, note: () => void): Context<C> => ({
  ...context,
  onProgress: note,
  onOutage(error) {
    context.onOutage(error)
    note()
  },
})

async function returnToQueue(job: Job<JobData>, token: string | undefined): Promise<never> {
  await job.moveToWait(token)
  throw new WaitingError()
}

/** A job with the events of one trace belongs to it. The span of another one has links to the spans of its events. */
const inJobSpan = <T>(consumer: ConsumerName, events: readonly JobEvent[], work: () => Promise<T>): Promise<T> =>
  runFor(
    events.map(({ traceparent }) => originOf(traceparent)),
    () => inSpan(`job ${consumer}`, { kind: SpanKind.CONSUMER, attributes: spanAttributes(consumer, events) }, work),
  )

async function handleEvents<C extends ConsumerName>(
  context: Context<C>,
  events: readonly JobEvent[],
): Promise<JobResult> {
  const known = events.filter((event) => isSubscribed(context.name, event.type))
  const unknown = events.filter((event) => !isSubscribed(context.name, event.type))
  if (unknown.length > 0) await retryWhileUnavailable(() => snoozeUnknown(context, unknown), context)
  if (known.length === 0) return emptyResult
  const result = await runEvents(context, known)
  const snooze = (group: readonly SnoozedEvent[]) =>
    retryWhileUnavailable(() => snoozeTogether(context, group), context)
  await pMap(groupByTime(result.snoozed), snooze, { concurrency: parallelSnoozes })
  for (const failure of result.failures) await retryWhileUnavailable(() => retryOrDeadLetter(context, failure), context)
  return result
}

function runEvents<C extends ConsumerName>(context: Context<C>, events: readonly JobEvent[]): Promise<JobResult> {
  const { consumer } = context
  switch (consumer.kind) {
    case 'sql':
      return runInSql(context, consumer, events)
    case 'transactional':
      return runTransactional(context, consumer, events)
    case 'external':
      return runExternal(context, consumer, events)
    case 'per-target':
      return runPerTarget(context, consumer, events)
  }
}
