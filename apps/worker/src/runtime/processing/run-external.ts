import { finishDeliveries, loadUnfinishedEvents } from '@goals-tasks/db'
import type { ConsumerName, DomainEvent, JobEvent } from '@goals-tasks/events'
import { inSpanOf, originOf } from '@goals-tasks/tracing'
import pMap from 'p-map'
import type { External } from '../../consumers/contract.ts'
import { type ConsumerResult, moveToDeadLetters } from '../../consumers/results.ts'
import type { Context } from '../context.ts'
import { emptyResult, type Failure, type JobResult, type SnoozedEvent } from './job-result.ts'
import { parseEvent } from './parse-event.ts'
import { retryWhileUnavailable } from './retry-while-unavailable.ts'

const parallelEffects = 10

/**
 * Runs the consumer for each event on its own, several at once. Finishes together what succeeded.
 * @throws AbortError when the process stops before all events ran
 */
export async function runExternal<C extends ConsumerName>(
  context: Context<C>,
  consumer: External<C>,
  events: readonly JobEvent[],
): Promise<JobResult> {
  const { name, pool, signal } = context
  const ids = events.map((event) => event.id)
  const finish = (finished: readonly string[]) =>
    retryWhileUnavailable(() => finishDeliveries(pool, name, finished), context)
  if (consumer.isIdle?.()) return { ...emptyResult, skipped: await finish(ids) }

  const unfinished = await retryWhileUnavailable(() => loadUnfinishedEvents(pool, name, ids), context)
  const effects = await pMap(unfinished, (event) => runOne(context, consumer, event), { concurrency: parallelEffects })
  const finished = effects.filter(({ outcome: { result } }) => result === 'done' || result === 'skipped')
  if (finished.length > 0) await finish(finished.map(({ event }) => event.id))
  // Finishes first what succeeded. The rest of the job goes back into the queue.
  if (effects.some(({ outcome }) => outcome.result === 'interrupted')) signal.throwIfAborted()
  return toJobResult(effects)
}

type Effect = {
  event: DomainEvent
  outcome: ConsumerResult | { result: 'failed'; error: unknown } | { result: 'interrupted' }
}

async function runOne<C extends ConsumerName>(
  context: Context<C>,
  consumer: External<C>,
  event: DomainEvent,
): Promise<Effect> {
  if (context.signal.aborted) return { event, outcome: { result: 'interrupted' } }
  try {
    const parsed = parseEvent(context.name, event)
    if ('problem' in parsed) return { event, outcome: moveToDeadLetters(parsed.problem) }
    const attributes = { 'messaging.message.id': event.id, 'event.type': event.type }
    const run = () => retryWhileUnavailable(() => consumer.run(parsed.event, context.publish), context)
    return {
      event,
      outcome: await inSpanOf(originOf(event.traceparent), `effect ${context.name}`, { attributes }, run),
    }
  } catch (error) {
    return { event, outcome: context.signal.aborted ? { result: 'interrupted' } : { result: 'failed', error } }
  } finally {
    context.onProgress()
  }
}

function toJobResult(effects: readonly Effect[]): JobResult {
  return {
    done: effects.flatMap(({ event, outcome }) => (outcome.result === 'done' ? [event] : [])),
    skipped: effects.filter(({ outcome }) => outcome.result === 'skipped').length,
    snoozed: effects.flatMap(toSnoozed),
    failures: effects.flatMap(toFailure),
  }
}

const toSnoozed = ({ event, outcome }: Effect): SnoozedEvent[] =>
  outcome.result === 'snooze' ? [{ event, until: outcome.until, reason: outcome.reason }] : []

function toFailure({ event, outcome }: Effect): Failure[] {
  if (outcome.result === 'failed') return [{ event, error: outcome.error, isFinal: false }]
  if (outcome.result === 'dead') return [{ event, error: new Error(outcome.reason), isFinal: true }]
  return []
}
