import { type ConsumerName, consumerNames, openDeadQueue, openQueue } from '@goals-tasks/events'
import type { Redis } from 'ioredis'

export type OpsQueues = ReturnType<typeof openQueues>

/** Every consumer's queue and the mirror of its dead letters. `connection` is a producer's and stays the caller's to close. */
export function openQueues(connection: Redis, prefix: string) {
  const open = (consumer: ConsumerName) => ({
    consumer,
    queue: openQueue(connection, prefix, consumer),
    dead: openDeadQueue(connection, prefix, consumer),
  })
  const all = consumerNames.map(open)
  const queues = all.flatMap(({ queue, dead }) => [queue, dead])
  // The connection's own listener has the say; without any here an error would end the process.
  for (const queue of queues) queue.on('error', () => undefined)
  return {
    all,
    find: (consumer: string) => all.find((entry) => entry.consumer === consumer),
    /** A queue that has never connected keeps its answers pending for ever, so ask first. */
    available: () => connection.status === 'ready',
    async close(): Promise<void> {
      await Promise.all(queues.map((queue) => queue.close()))
    },
  }
}
