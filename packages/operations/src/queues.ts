import { once } from 'node:events'
import {
  type AnyRedis,
  type ConsumerName,
  consumerNames,
  findQueueWriteRefusal,
  openDeadQueue,
  openQueue,
} from '@goals-tasks/events'

const reconnectWithinMs = 500

/** The queues of all consumers, in the order of `consumerNames`. */
export type OpsQueues = ReturnType<typeof openQueues>

/**
 * Opens the queue of every consumer and the queue that mirrors its dead letters in Bull Board.
 *
 * `connection` must come from `connectProducer`: its commands fail instead of waiting for Redis. The caller closes the
 * connection after the queues. `prefix` is the `QUEUE_PREFIX` of the installation. Opening sends no command, so it
 * neither waits for Redis nor throws.
 */
export function openQueues(connection: AnyRedis, prefix: string) {
  const open = (consumer: ConsumerName) => ({
    consumer,
    queue: openQueue(connection, prefix, consumer),
    dead: openDeadQueue(connection, prefix, consumer),
  })
  const all = consumerNames.map(open)
  const queues = all.flatMap(({ queue, dead }) => [queue, dead])
  // The listener of the connection reports errors. Without a listener here an error would end the process.
  for (const queue of queues) queue.on('error', () => undefined)
  return {
    all,
    /** For commands that BullMQ does not have. */
    connection,
    /** Returns the queues of a consumer, or undefined for an unknown name. */
    find: (consumer: string) => all.find((entry) => entry.consumer === consumer),
    /** Call before a command: a queue that has never been connected keeps its commands pending for ever. */
    available: () => connection.status === 'ready',
    /** Resolves to whether Redis replies, after a second at the latest: then the command times out. */
    replies: async () => connection.status === 'ready' && (await connection.ping().then(Boolean, () => false)),
    /** Resolves when the connection is ready, or after half a second. A refusal makes it connect again. */
    async untilAvailable(): Promise<void> {
      if (connection.status === 'ready') return
      await once(connection, 'ready', { signal: AbortSignal.timeout(reconnectWithinMs) }).catch(() => undefined)
    },
    /** Returns why Redis refuses writes, or null when it takes them. Rejects when Redis does not answer. */
    findWriteRefusal: () => findQueueWriteRefusal(connection, prefix),
    async close(): Promise<void> {
      await Promise.all(queues.map((queue) => queue.close()))
    },
  }
}
