import { Queue } from 'bullmq'
import type { AnyRedis } from './open-redis.ts'
import { deadQueueName, queuePrefix } from './queues.ts'
import type { ConsumerName } from './subscriptions.ts'

/** A dead letter as Bull Board shows it. It has no body, so no personal data is in Redis. `id` is the dead letter's. */
export type MirroredDeadLetter = {
  id: string
  eventId: string
  type: string
  aggregateId: string
  error: string
  /** RFC 3339, UTC. */
  diedAt: string
}
export type DeadQueue = Queue<MirroredDeadLetter>

/** How many of a consumer's newest dead letters Bull Board shows. */
export const maxMirroredDeadLetters = 1_000
const maxErrorLength = 500

/**
 * Opens the queue that mirrors a consumer's newest dead letters for Bull Board. No worker runs its jobs. The record is
 * the table `dead_letters`, and `reconcileMirror` makes the queue equal to it. `connection` is one of
 * `connectProducer`.
 */
export function openDeadQueue(connection: AnyRedis, prefix: string, consumer: ConsumerName): DeadQueue {
  return new Queue(deadQueueName(consumer), {
    connection,
    prefix: queuePrefix(prefix, consumer),
    skipVersionCheck: true,
    streams: { events: { maxLen: 100 } },
  })
}

/** Adds dead letters to the mirror. They are ordered from the oldest to the newest. */
export async function mirrorDeadLetters(queue: DeadQueue, deadLetters: readonly MirroredDeadLetter[]): Promise<void> {
  if (deadLetters.length === 0) return
  await queue.addBulk(
    deadLetters.map((deadLetter) => ({
      name: deadLetter.type,
      data: { ...deadLetter, error: deadLetter.error.slice(0, maxErrorLength) },
      opts: { jobId: deadLetter.id, timestamp: Date.parse(deadLetter.diedAt) },
    })),
  )
}

/** Removes a replayed or discarded dead letter from the mirror. Does nothing when the mirror does not contain it. */
export async function unmirrorDeadLetter(queue: DeadQueue, id: string): Promise<void> {
  await queue.remove(id)
}

/**
 * Makes the mirror contain exactly `newest`, ordered from the oldest to the newest. This repairs every difference: dead
 * letters beyond the limit, replays while Redis was unavailable, a Redis that lost its data.
 */
export async function reconcileMirror(queue: DeadQueue, newest: readonly MirroredDeadLetter[]): Promise<void> {
  const mirrored = new Set(await queue.getRanges(['wait'], 0, -1))
  const wanted = new Set(newest.map((deadLetter) => deadLetter.id))
  await Promise.all([...mirrored].filter((id) => !wanted.has(id)).map((id) => queue.remove(id)))
  await mirrorDeadLetters(
    queue,
    newest.filter((deadLetter) => !mirrored.has(deadLetter.id)),
  )
}
