import type { DeadLetter, Replayed } from '@goals-tasks/db'
import { singleJobId, unmirrorDeadLetter } from '@goals-tasks/events'
import type { OpsQueues } from '@goals-tasks/operations'
import type { FastifyBaseLogger } from 'fastify'

/**
 * Lets the queues follow what has been committed: the dead letters leave the board and their events become jobs at once.
 * What fails here is only late: the sweeper enqueues every overdue delivery, and the workers put the board right.
 */
export async function enqueueReplayed(
  queues: OpsQueues,
  replayed: readonly Replayed[],
  log: FastifyBaseLogger,
): Promise<void> {
  const results = await Promise.allSettled(
    queues.all.map((entry) =>
      enqueueFor(
        entry,
        queues,
        replayed.filter((letter) => letter.consumer === entry.consumer),
      ),
    ),
  )
  for (const result of results)
    if (result.status === 'rejected') log.warn({ err: result.reason }, 'replayed events are left to the sweeper')
}

async function enqueueFor(
  { consumer, queue, dead }: OpsQueues['all'][number],
  queues: OpsQueues,
  letters: readonly Replayed[],
): Promise<void> {
  if (letters.length === 0) return
  if (!queues.available()) throw new Error('redis is away')
  await Promise.all(letters.map((letter) => unmirrorDeadLetter(dead, letter.id)))
  const ids = letters.map(({ eventId, replays }) => singleJobId(consumer, { id: eventId, attempts: 0, replays }))
  const jobs = await queue.addBulk(
    letters.map(({ eventId, type, aggregateId }, i) => ({
      name: type,
      data: { events: [{ id: eventId, type, aggregateId }] },
      opts: { jobId: ids[i] ?? '' },
    })),
  )
  const missed = jobs.filter((job, i) => job.id !== ids[i]).length
  if (missed > 0) throw new Error(`redis refused ${missed} of ${letters.length} jobs`)
}

/** Takes a discarded dead letter off the board; if Redis is away the workers do so later. */
export async function unmirror(
  queues: OpsQueues,
  { id, consumer }: Pick<DeadLetter, 'id' | 'consumer'>,
  log: FastifyBaseLogger,
): Promise<void> {
  const entry = queues.find(consumer)
  if (!entry || !queues.available()) return
  await unmirrorDeadLetter(entry.dead, id).catch((err: unknown) =>
    log.warn({ err }, 'the board still shows a discarded dead letter'),
  )
}
