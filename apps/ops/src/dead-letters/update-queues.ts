import type { DeadLetter, Replayed } from '@goals-tasks/db'
import { singleJobId, unmirrorDeadLetter } from '@goals-tasks/events'
import type { OpsQueues } from '@goals-tasks/operations'
import type { FastifyBaseLogger } from 'fastify'

/**
 * Removes replayed dead letters from Bull Board and enqueues their events. Call after the commit. A failure is logged
 * and loses nothing: the sweeper enqueues every overdue delivery, and the workers correct Bull Board.
 */
export async function enqueueReplayed(
  queues: OpsQueues,
  replayed: readonly Replayed[],
  log: FastifyBaseLogger,
): Promise<void> {
  const byConsumer = Map.groupBy(replayed, ({ consumer }) => consumer)
  const results = await Promise.allSettled(
    queues.all.map((entry) => enqueueFor(entry, queues, byConsumer.get(entry.consumer) ?? [])),
  )
  for (const result of results)
    if (result.status === 'rejected')
      log.warn({ err: result.reason }, 'replayed events were not enqueued: the sweeper enqueues them when they are due')
}

async function enqueueFor(
  { consumer, queue, dead }: OpsQueues['all'][number],
  queues: OpsQueues,
  replayed: readonly Replayed[],
): Promise<void> {
  if (replayed.length === 0) return
  if (!queues.available()) throw new Error('Redis is not available')
  await Promise.all(replayed.map(({ id }) => unmirrorDeadLetter(dead, id)))
  // Rejects when Redis refuses one of the jobs.
  await queue.addBulk(
    replayed.map(({ eventId, type, aggregateId, replays }) => ({
      name: type,
      data: { events: [{ id: eventId, type, aggregateId }] },
      opts: { jobId: singleJobId(consumer, { id: eventId, attempts: 0, replays }) },
    })),
  )
}

/** Removes a discarded dead letter from Bull Board. Without Redis the workers remove it later. */
export async function unmirrorDiscarded(
  queues: OpsQueues,
  { id, consumer }: Pick<DeadLetter, 'id' | 'consumer'>,
  log: FastifyBaseLogger,
): Promise<void> {
  const entry = queues.find(consumer)
  if (!entry || !queues.available()) return
  await unmirrorDeadLetter(entry.dead, id).catch((err: unknown) =>
    log.warn({ err }, 'a discarded dead letter is still in Bull Board: a worker removes it later'),
  )
}
