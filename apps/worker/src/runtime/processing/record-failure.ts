import { moveToDeadLetters, recordFailure } from '@goals-tasks/db'
import { type JobEvent, mirrorDeadLetters } from '@goals-tasks/events'
import { enqueueSingle } from '../recovery/enqueue.ts'
import { type Context, noteProgress } from './context.ts'
import { backoffMs, classify } from './failures.ts'

export type Failure = { event: JobEvent; error: unknown }

/**
 * What becomes of one event that failed on its own: another attempt later, or, out of attempts or beyond hope, a dead letter.
 * Postgres isSubscribed of it first; should the rest not happen, the sweeper makes up for it.
 */
export async function recordFailedAttempt(context: Context, { event, error }: Failure): Promise<void> {
  const { name: consumer, pool, policy, timings, log, metrics } = context
  const recorded = await recordFailure(pool, {
    consumer,
    eventId: event.id,
    error: messageOf(error),
    delaysMs: retryDelays(policy),
    leaseMs: timings.leaseMs,
  })
  // Another worker finished it meanwhile.
  if (!recorded) return
  metrics.failed.inc({ consumer })
  noteProgress(context.progress)
  const facts = { consumer, eventId: event.id, type: event.type, attempt: recorded.attempts, err: error }
  if (classify(error) === 'final' || recorded.attempts >= policy.attempts) {
    log.error(facts, 'given up')
    await moveEventToDeadLetters(context, { event, error })
    return
  }
  log.warn({ ...facts, retryInMs: Math.ceil(recorded.delayMs) }, 'attempt failed')
  await enqueueSingle(context, { ...event, ...recorded }, recorded.delayMs).catch((lost) =>
    log.warn({ consumer, eventId: event.id, err: lost }, 'the retry is left to the sweeper'),
  )
}

/** Makes the delivery a dead letter and shows it on the board. */
export async function moveEventToDeadLetters(
  { name: consumer, pool, deadQueue, metrics, log }: Context,
  { event, error }: Failure,
): Promise<void> {
  const message = messageOf(error)
  const id = await moveToDeadLetters(pool, { consumer, eventId: event.id, error: message })
  if (id === null) return
  metrics.dead.inc({ consumer })
  const letter = {
    id,
    eventId: event.id,
    type: event.type,
    aggregateId: event.aggregateId,
    error: message,
    diedAt: new Date().toISOString(),
  }
  await mirrorDeadLetters(deadQueue, [letter]).catch((lost) =>
    log.warn({ consumer, eventId: event.id, err: lost }, 'the board shows the dead letter later'),
  )
}

function retryDelays({ attempts, backoff }: Context['policy']): [number, ...number[]] {
  const [first = backoff.baseMs, ...more] = Array.from({ length: attempts }, (_, i) => backoffMs(i + 1, backoff))
  return [first, ...more]
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
