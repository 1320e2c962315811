import { messageOf } from '@goals-tasks/config/message-of'
import { moveToDeadLetters } from '@goals-tasks/db'
import { type JobEvent, mirrorDeadLetters } from '@goals-tasks/events'
import type { Context } from '../context.ts'

type LastAttempt = { event: JobEvent; error: unknown; attempt: number }

/** Turns the delivery into a dead letter and shows it in Bull Board. */
export async function moveEventToDeadLetters(
  { name: consumer, pool, deadQueue, metrics, log }: Context,
  { event, error, attempt }: LastAttempt,
): Promise<void> {
  const message = messageOf(error)
  const id = await moveToDeadLetters(pool, {
    ...{ consumer, eventId: event.id, target: event.target },
    error: message,
  })
  if (id === null) return
  metrics.dead.inc({ consumer })
  const facts = {
    consumer,
    eventId: event.id,
    webhookId: event.target,
    type: event.type,
    attempt,
    deadLetterId: id,
    err: error,
  }
  log.error(facts, 'moved to the dead letters')
  const { id: eventId, type, aggregateId } = event
  const mirrored = { id, eventId, type, aggregateId, error: message, diedAt: new Date().toISOString() }
  await mirrorDeadLetters(deadQueue, [mirrored]).catch((err) =>
    log.warn({ consumer, deadLetterId: id, err }, 'Bull Board shows the dead letter later'),
  )
}
