import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { deadQueueName, queuePrefix } from './queues.ts'
import type { ConsumerName } from './subscriptions.ts'

/** What the board shows of a dead letter: no body, so no personal data in Redis. `id` is the dead letter's. */
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

/** How many of a consumer's newest dead letters the board shows. */
export const maxMirroredDeadLetters = 1_000
const maxErrorLength = 500

/**
 * The queue that shows a consumer's newest dead letters on the board. Nobody works on it, and nothing depends on it:
 * the record is the table, and `reconcileMirror` makes the queue equal to it. The connection must be a producer's.
 */
export function openDeadQueue(connection: Redis, prefix: string, consumer: ConsumerName): DeadQueue {
  return new Queue(deadQueueName(consumer), {
    connection,
    prefix: queuePrefix(prefix, consumer),
    skipVersionCheck: true,
    streams: { events: { maxLen: 100 } },
  })
}

/** Shows dead letters that are not shown yet; the oldest first. */
export async function mirrorDeadLetters(queue: DeadQueue, letters: readonly MirroredDeadLetter[]): Promise<void> {
  if (letters.length === 0) return
  await queue.addBulk(
    letters.map((letter) => ({
      name: letter.type,
      data: { ...letter, error: letter.error.slice(0, maxErrorLength) },
      opts: { jobId: letter.id, timestamp: Date.parse(letter.diedAt) },
    })),
  )
}

/** Takes a dead letter off the board: it was replayed or discarded. Fine when it is not on it. */
export async function unmirrorDeadLetter(queue: DeadQueue, id: string): Promise<void> {
  await queue.remove(id)
}

/**
 * Makes the queue show exactly `newest`, the consumer's newest dead letters with the oldest of them first, whatever
 * happened meanwhile: more of them, replays while Redis was away, a Redis that came back empty.
 */
export async function reconcileMirror(queue: DeadQueue, newest: readonly MirroredDeadLetter[]): Promise<void> {
  const shown = new Set(await queue.getRanges(['wait'], 0, -1))
  const wanted = new Set(newest.map((letter) => letter.id))
  await Promise.all([...shown].filter((id) => !wanted.has(id)).map((id) => queue.remove(id)))
  await mirrorDeadLetters(
    queue,
    newest.filter((letter) => !shown.has(letter.id)),
  )
}
