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
  if (counts.done > 0) log.info({ ...facts, traceId: traceIdOf(result.done), events: counts.done }, 'done')
  else if (counts.snoozed === 0) log.debug({ ...facts, events: 0, ...counts }, 'nothing to do')
  if (counts.snoozed > 0) log.info({ consumer, ...describeSnoozed(result.snoozed) }, 'snoozed')

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

/** The types of the events; of a single event also its id and its entity. */
function describe(events: readonly JobEvent[]) {
  const [event, ...others] = events
  const subject = event && others.length === 0 ? { eventId: event.id, subject: event.aggregateId } : {}
  return { type: summarizeTypes(events), ...subject }
}

/** Returns the trace id of the request that caused the events, when it is the same one for all of them. */
export function traceIdOf(events: JobResult['done']): string | undefined {
  const [traceId, ...others] = new Set(events.map(({ correlationId }) => correlationId))
  return others.length === 0 ? (traceId ?? undefined) : undefined
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
