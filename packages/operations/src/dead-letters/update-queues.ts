import type { DeadLetter, Replayed } from '@goals-tasks/db'
import { singleJobId, unmirrorDeadLetter } from '@goals-tasks/events'
import type { OpsQueues } from '../queues.ts'

/** Gets one line per failure that loses nothing. */
export type WarningLog = { warn(facts: object, message: string): void }

/**
 * Removes replayed dead letters from Bull Board and enqueues their events. Call after the commit. A failure is logged
 * and loses nothing: the sweeper enqueues every overdue delivery, and the workers correct Bull Board.
 */
export async function enqueueReplayed(
  queues: OpsQueues,
  replayed: readonly Replayed[],
  log: WarningLog,
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
    replayed.map(({ eventId, target, type, aggregateId, replays }) => ({
      name: type,
      data: { events: [{ id: eventId, type, aggregateId, ...(target && { target }) }] },
      opts: { jobId: singleJobId(consumer, { id: eventId, target, attempts: 0, replays }) },
    })),
  )
}

/** Removes discarded dead letters from Bull Board. Without Redis the workers remove them later. */
export async function unmirrorDiscarded(
  queues: OpsQueues,
  discarded: readonly Pick<DeadLetter, 'id' | 'consumer'>[],
  log: WarningLog,
): Promise<void> {
  if (!queues.available()) return
  const removals = discarded.map(async ({ id, consumer }) => {
    const entry = queues.find(consumer)
    if (entry) await unmirrorDeadLetter(entry.dead, id)
  })
  const failed = (await Promise.allSettled(removals)).find((result) => result.status === 'rejected')
  if (failed)
    log.warn({ err: failed.reason }, 'Bull Board still shows a discarded dead letter: a worker removes it later')
}
