import { claimEvents, inTransaction } from '@goals-tasks/db'
import type { ConsumerName, DomainEvent, EventFor, JobEvent } from '@goals-tasks/events'
import pMap from 'p-map'
import type { Transactional } from '../../consumers/contract.ts'
import type { Context } from '../context.ts'
import { noteProgress } from '../progress.ts'
import { emptyResult, type JobResult } from './job-result.ts'
import { parseEvent } from './parse-event.ts'
import { retryWhileUnavailable } from './retry-while-unavailable.ts'

const parallelSingles = 4

/**
 * Runs the consumer for all events in one transaction. When that fails, runs each event in a transaction of its own,
 * so a bad event does not hold up the others.
 * @throws AbortError when the process stops
 */
export async function runTransactional<C extends ConsumerName>(
  context: Context<C>,
  consumer: Transactional<C>,
  events: readonly JobEvent[],
): Promise<JobResult> {
  context.signal.throwIfAborted()
  try {
    return { ...emptyResult, done: await commitEffects(context, consumer, events) }
  } catch (error) {
    const [event] = events
    if (context.signal.aborted || event === undefined) throw error
    if (events.length === 1)
      return { ...emptyResult, failures: [{ event, error, isFinal: error instanceof MalformedEvent }] }
  }
  const results = await pMap(events, (event) => runTransactional(context, consumer, [event]), {
    concurrency: parallelSingles,
  })
  return {
    ...emptyResult,
    done: results.flatMap((result) => result.done),
    failures: results.flatMap((result) => result.failures),
  }
}

/** Claims the events and writes their effect in one transaction. @returns the events that were left to claim */
async function commitEffects<C extends ConsumerName>(
  context: Context<C>,
  consumer: Transactional<C>,
  events: readonly JobEvent[],
): Promise<JobResult['done']> {
  const { name, pool, dispatcher } = context
  const ids = events.map((event) => event.id)
  const attempt = () =>
    inTransaction(pool, dispatcher.dispatch, async (tx) => {
      const claimed = await claimEvents(tx, name, ids)
      const parsed = claimed.map((event) => parseOrRollBack(name, event))
      if (parsed.length > 0) await consumer.run(tx, parsed)
      return claimed
    })
  return retryWhileUnavailable(attempt, context).finally(() => noteProgress(context.progress))
}

/** Thrown to roll the claim back: the delivery must still be there to move to the dead letters. */
class MalformedEvent extends Error {}

function parseOrRollBack<C extends ConsumerName>(consumer: C, event: DomainEvent): EventFor<C> {
  const parsed = parseEvent(consumer, event)
  if ('problem' in parsed) throw new MalformedEvent(parsed.problem)
  return parsed.event
}
