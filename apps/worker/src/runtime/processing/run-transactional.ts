import { claimEvents, inTransaction } from '@goals-tasks/db'
import type { ConsumerName, DomainEvent, EventFor, JobEvent } from '@goals-tasks/events'
import type { Transactional } from '../../consumers/contract.ts'
import type { Context } from '../context.ts'
import { emptyResult, type JobResult } from './job-result.ts'
import { MalformedEvent, parseEvent } from './parse-event.ts'
import { retryWhileUnavailable } from './retry-while-unavailable.ts'
import { runTogether } from './run-together.ts'

/**
 * Runs the consumer for all events in one transaction, or for each in one of its own when that fails.
 * @throws AbortError when the process stops
 */
export const runTransactional = <C extends ConsumerName>(
  context: Context<C>,
  consumer: Transactional<C>,
  events: readonly JobEvent[],
): Promise<JobResult> =>
  runTogether(context, events, async (some) => ({
    ...emptyResult,
    done: await commitEffects(context, consumer, some),
  }))

/** Claims the events and writes their effect in one transaction. @returns the events that were left to claim */
async function commitEffects<C extends ConsumerName>(
  context: Context<C>,
  consumer: Transactional<C>,
  events: readonly JobEvent[],
): Promise<JobResult['done']> {
  const { name, pool, publish } = context
  const ids = events.map((event) => event.id)
  const attempt = () =>
    inTransaction(pool, publish, async (tx) => {
      const claimed = await claimEvents(tx, name, ids)
      const parsed = claimed.map((event) => parseOrRollBack(name, event))
      if (parsed.length > 0) await consumer.run(tx, parsed)
      return claimed
    })
  return retryWhileUnavailable(attempt, context).finally(() => context.onProgress())
}

function parseOrRollBack<C extends ConsumerName>(consumer: C, event: DomainEvent): EventFor<C> {
  const parsed = parseEvent(consumer, event)
  if ('problem' in parsed) throw new MalformedEvent(parsed.problem)
  return parsed.event
}
