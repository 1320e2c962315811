import { claimEvents, finishDeliveries, inTransaction, loadUnfinishedEvents } from '@goals-tasks/db'
import type { ConsumerName, DomainEvent, JobEvent } from '@goals-tasks/events'
import pMap from 'p-map'
import type { External, Transactional } from '../../consumers/types.ts'
import { type Context, noteProgress } from './context.ts'
import { parseEvent } from './parse-event.ts'
import type { Failure } from './record-failure.ts'
import { retryWhileUnavailable } from './retry-while-unavailable.ts'

/** What came of a job's events. Those of which nothing is said were finished already, or are in another worker's hands. */
export type Result = { done: readonly Done[]; skipped: number; failures: readonly Failure[] }
type Done = Pick<DomainEvent, 'id' | 'occurredAt'>

const parallelSingles = 4
const parallelEffects = 10

/** Runs the consumer for the events, all that it is subscribed to. @throws AbortError when the process stops meanwhile */
export function runEvents<C extends ConsumerName>(context: Context<C>, events: readonly JobEvent[]): Promise<Result> {
  const { consumer } = context
  return consumer.kind === 'transactional'
    ? runTransactional(context, consumer, events)
    : runExternal(context, consumer, events)
}

/** One transaction for all of them; should that fail, one for each, so that a bad event does not hold up its neighbours. */
async function runTransactional<C extends ConsumerName>(
  context: Context<C>,
  consumer: Transactional<C>,
  events: readonly JobEvent[],
): Promise<Result> {
  context.signal.throwIfAborted()
  try {
    return { done: await runInTransaction(context, consumer, events), skipped: 0, failures: [] }
  } catch (error) {
    const [event] = events
    if (context.signal.aborted || event === undefined) throw error
    if (events.length === 1) return { done: [], skipped: 0, failures: [{ event, error }] }
  }
  const results = await pMap(events, (event) => runTransactional(context, consumer, [event]), {
    concurrency: parallelSingles,
  })
  return {
    done: results.flatMap((result) => result.done),
    skipped: 0,
    failures: results.flatMap((result) => result.failures),
  }
}

async function runInTransaction<C extends ConsumerName>(
  context: Context<C>,
  consumer: Transactional<C>,
  events: readonly JobEvent[],
): Promise<Done[]> {
  const { name, pool, deps, dispatcher } = context
  const ids = events.map((event) => event.id)
  const attempt = () =>
    inTransaction(pool, dispatcher.dispatch, async (tx) => {
      const claimed = await claimEvents(tx, name, ids)
      const parsed = claimed.map((event) => parseEvent(name, event))
      if (parsed.length > 0) await consumer.run(tx, deps, parsed)
      return claimed
    })
  return retryWhileUnavailable(attempt, context).finally(() => noteProgress(context.progress))
}

/** Each event for itself, several at once; what succeeded is finished together. */
async function runExternal<C extends ConsumerName>(
  context: Context<C>,
  consumer: External<C>,
  events: readonly JobEvent[],
): Promise<Result> {
  const { name, pool, deps } = context
  const ids = events.map((event) => event.id)
  const finish = (finished: readonly string[]) =>
    retryWhileUnavailable(() => finishDeliveries(pool, name, finished), context)
  if (consumer.idle?.(deps)) return { done: [], skipped: await finish(ids), failures: [] }

  const unfinished = await retryWhileUnavailable(() => loadUnfinishedEvents(pool, name, ids), context)
  const effects = await pMap(unfinished, (event) => runOne(context, consumer, event), { concurrency: parallelEffects })
  const settled = effects.filter((effect) => effect.outcome === 'done' || effect.outcome === 'skipped')
  if (settled.length > 0) await finish(settled.map(({ event }) => event.id))
  // What succeeded is finished first: the rest goes back into the queue.
  if (effects.some((effect) => effect.outcome === 'interrupted')) context.signal.throwIfAborted()
  return {
    done: effects.flatMap(({ event, outcome }) => (outcome === 'done' ? [event] : [])),
    skipped: effects.filter(({ outcome }) => outcome === 'skipped').length,
    failures: effects.flatMap(({ event, outcome, error }) => (outcome === 'failed' ? [{ event, error }] : [])),
  }
}

type Effect = { event: DomainEvent; outcome: 'done' | 'skipped' | 'failed' | 'interrupted'; error?: unknown }

async function runOne<C extends ConsumerName>(
  context: Context<C>,
  consumer: External<C>,
  event: DomainEvent,
): Promise<Effect> {
  if (context.signal.aborted) return { event, outcome: 'interrupted' }
  try {
    const parsed = parseEvent(context.name, event)
    return { event, outcome: await retryWhileUnavailable(() => consumer.run(context.deps, parsed), context) }
  } catch (error) {
    return context.signal.aborted ? { event, outcome: 'interrupted' } : { event, outcome: 'failed', error }
  } finally {
    noteProgress(context.progress)
  }
}
