import type { JobEvent } from '@goals-tasks/events'
import type { Context } from '../context.ts'
import type { JobResult, SnoozedEvent } from './job-result.ts'

export type Counts = { done: number; skipped: number; snoozed: number; failed: number }
type FinishedJob = { events: readonly JobEvent[]; result: JobResult; startedAt: number }

/**
 * Measures and logs what the job led to: one line, and one more when it snoozed events.
 * @throws Error when an event failed, so that the job fails and Bull Board shows why. Nothing else depends on that.
 */
export function reportJob(context: Context, { events, result, startedAt }: FinishedJob): Counts {
  const { name: consumer, log } = context
  const ms = Math.round(performance.now() - startedAt)
  const counts = countResults(result)
  measure(context, { result, counts, ms })

  const facts = { consumer, ...describe(events), ms }
  if (counts.done > 0) log.info({ ...facts, traceId: traceIdsOf(result.done), events: counts.done }, 'done')
  else if (counts.snoozed === 0) log.debug({ ...facts, events: 0, ...counts }, 'nothing to do')
  // A busy or a suspended target snoozes its jobs again and again. The log has the changes of its health.
  const level = context.consumer.kind === 'per-target' ? 'debug' : 'info'
  if (counts.snoozed > 0) log[level]({ consumer, ...describeSnoozed(result.snoozed) }, 'snoozed')

  throwFirstFailure(events, result)
  return counts
}

const countResults = ({ done, skipped, snoozed, failures }: JobResult): Counts => ({
  done: done.length,
  skipped,
  snoozed: snoozed.length,
  failed: failures.length,
})

type Measured = { result: JobResult; counts: Counts; ms: number }

function measure({ name: consumer, metrics }: Context, { result, counts, ms }: Measured): void {
  metrics.jobs.observe({ consumer }, ms / 1_000)
  for (const outcome of ['done', 'skipped', 'snoozed'] as const)
    metrics.handled.inc({ consumer, outcome }, counts[outcome])
  const now = Date.now()
  for (const event of result.done) metrics.latency.observe({ consumer }, (now - Date.parse(event.occurredAt)) / 1_000)
}

const maxIdsPerLine = 10

/** The types of the events, the ids of their entities, and the id of the event when there is only one. */
function describe(events: readonly JobEvent[]) {
  const eventId = events.length === 1 ? events[0]?.id : undefined
  return { type: summarizeTypes(events), eventId, subject: oneOrFirst(events.map((event) => event.aggregateId)) }
}

/** Returns the trace ids of the requests that caused the events. */
export const traceIdsOf = (events: JobResult['done']): string | string[] | undefined =>
  oneOrFirst(events.flatMap(({ correlationId }) => correlationId ?? []))

/** Returns the only value, or a list of the first ten different values. */
export function oneOrFirst(values: readonly string[]): string | string[] | undefined {
  const [value, ...others] = new Set(values)
  return value === undefined || others.length === 0 ? value : [value, ...others].slice(0, maxIdsPerLine)
}

/** The earliest of the snoozed events stands for all of them. */
function describeSnoozed(snoozed: readonly SnoozedEvent[]) {
  const [earliest] = snoozed.toSorted((a, b) => a.until.getTime() - b.until.getTime())
  return {
    ...describe(snoozed.map(({ event }) => event)),
    events: snoozed.length,
    until: earliest?.until,
    reason: earliest?.reason,
  }
}

/** Returns `goal:created`, or `goal:created 3, task:updated 97`. */
function summarizeTypes(events: readonly JobEvent[]): string {
  const counts = Map.groupBy(events, (event) => event.type)
  if (events.length === 1) return events[0]?.type ?? ''
  return [...counts].map(([type, list]) => `${type} ${list.length}`).join(', ')
}

function throwFirstFailure(events: readonly JobEvent[], { failures }: JobResult): void {
  const [failure] = failures
  if (!failure) return
  if (events.length === 1) throw failure.error
  throw new Error(`${failures.length} of ${events.length} events failed, the first with: ${failure.error}`, {
    cause: failure.error,
  })
}
