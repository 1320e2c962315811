import { messageOf } from '@goals-tasks/config/message-of'
import { type Executor, type RecordedFailure, recordFailure } from '@goals-tasks/db'
import { RetryLaterError } from '../../consumers/results.ts'
import type { Context } from '../context.ts'
import { enqueueSingle } from '../redis/enqueue.ts'
import { backoffMs } from './classify-error.ts'
import { moveEventToDeadLetters } from './dead-letters.ts'
import type { Failure } from './job-result.ts'

/**
 * Records one failed attempt, unless its consumer did. The event is tried again later; after a final failure or its
 * last attempt it moves to the dead letters. Postgres comes first: when the process dies in between, the sweeper
 * enqueues the event again.
 */
export async function retryOrDeadLetter(context: Context, failure: Failure): Promise<void> {
  const { name: consumer, policy, log, metrics } = context
  const { event, error, isFinal } = failure
  const recorded =
    failure.recorded === undefined ? await recordAttempt(context, context.pool, failure) : failure.recorded
  // Another worker has finished the event.
  if (!recorded) return
  metrics.failed.inc({ consumer })
  context.onProgress()
  const { attempts, delayMs } = recorded
  if (isFinal || attempts >= policy.attempts) {
    await moveEventToDeadLetters(context, { event, error, attempt: attempts })
    return
  }
  const facts = {
    consumer,
    eventId: event.id,
    webhookId: event.target,
    type: event.type,
    attempt: attempts,
    err: error,
  }
  log.warn({ ...facts, retryInMs: Math.ceil(delayMs) }, 'attempt failed')
  await enqueueSingle(context, { ...event, ...recorded }, delayMs).catch((err) =>
    log.warn({ consumer, eventId: event.id, err }, 'no job for a retry; the sweeper will enqueue it'),
  )
}

/** Records one failed attempt in `db`. @returns null when the delivery no longer exists */
export const recordAttempt = (
  { name: consumer, policy, timings }: Pick<Context, 'name' | 'policy' | 'timings'>,
  db: Executor,
  { event, error }: Pick<Failure, 'event' | 'error'>,
): Promise<RecordedFailure | null> =>
  recordFailure(db, {
    ...{ consumer, eventId: event.id, target: event.target },
    error: messageOf(error),
    delaysMs: retryDelays(policy, error),
    leaseMs: timings.leaseMs,
  })

/** Returns the wait after each attempt: the nth entry follows attempt n. The error can only make a wait longer. */
function retryDelays({ attempts, backoff }: Context['policy'], error: unknown): [number, ...number[]] {
  const leastMs = error instanceof RetryLaterError ? error.retryAfterMs : 0
  const delayMs = (failures: number) => Math.max(leastMs, backoffMs(failures, backoff))
  return [delayMs(1), ...Array.from({ length: attempts - 1 }, (_, i) => delayMs(i + 2))]
}
