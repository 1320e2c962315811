import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { EventType } from './catalogue.ts'
import { enqueueEvents } from './enqueue-events.ts'
import { type JobData, type JobEvent, maxEventsPerJob, openQueue } from './queues.ts'
import { type ConsumerName, consumerNames, consumersOf } from './subscriptions.ts'

export type CommittedEvent = {
  id: string
  type: EventType
  aggregateId: string
  version: number
  /** The users whose lists may contain the entity, before or after the change. Nulls mean no user. */
  readers: (string | null)[]
  /** The goals whose task lists contain the entity, before or after the change. Null for any entity but a task. */
  goalIds: string[] | null
}
/** The part of a committed event that a job contains. */
type DispatchedEvent = Pick<CommittedEvent, 'id' | 'type' | 'aggregateId'>
export type Dispatcher = ReturnType<typeof createDispatcher>

const maxBufferedEvents = 10_000
const maxJobsPerFlush = 50
const logEveryMs = 5_000

/**
 * Turns committed events into jobs: one job per consumer with all events that were committed since its last flush. That
 * is one event under light load, up to a hundred under heavy load. Losing buffered events loses nothing: their
 * deliveries are rows in Postgres, and the sweeper of the workers enqueues the ones that no job carries. `connection`
 * is one of `connectProducer`. The caller closes it.
 */
export function createDispatcher(options: { connection: Redis; prefix: string; log: Logger }) {
  const { connection, prefix, log } = options
  const consumerQueues = Object.fromEntries(
    consumerNames.map((consumer) => [
      consumer,
      createConsumerQueue(openQueue(connection, prefix, consumer), connection, log),
    ]),
  ) as Record<ConsumerName, ReturnType<typeof createConsumerQueue>>

  return {
    /** Buffers events whose transaction has committed. Returns at once and never throws. */
    dispatch(events: readonly DispatchedEvent[]): void {
      for (const event of events) for (const consumer of consumersOf(event.type)) consumerQueues[consumer].push(event)
    },
    /** Resolves when every event that was dispatched so far is enqueued or dropped. */
    async flush(): Promise<void> {
      await Promise.all(Object.values(consumerQueues).map((consumerQueue) => consumerQueue.flushed()))
    },
    async close(): Promise<void> {
      await Promise.all(Object.values(consumerQueues).map((consumerQueue) => consumerQueue.close()))
    },
  }
}

function createConsumerQueue(queue: Queue<JobData>, connection: Redis, log: Logger) {
  const buffer: JobEvent[] = []
  let flushing: Promise<void> | undefined
  let dropped = 0
  let loggedAt = 0
  // The owner of the connection logs its errors. Without this listener they would end the process.
  queue.on('error', () => undefined)

  /** Drops events. Their deliveries become due 30 s after the commit, and then the sweeper enqueues them. */
  function drop(count: number, reason: string): void {
    if (count === 0) return
    dropped += count
    if (Date.now() - loggedAt < logEveryMs) return
    const known = { consumer: queue.name, events: dropped, reason }
    log.warn(known, 'events were not enqueued: the sweeper will enqueue them in about 30 s')
    loggedAt = Date.now()
    dropped = 0
  }

  async function flush(): Promise<void> {
    while (buffer.length > 0) {
      const taken = buffer.splice(0, maxEventsPerJob * maxJobsPerFlush)
      // On a queue that has never connected, `addBulk` stays pending forever. Its timeouts do not end it.
      if (connection.status !== 'ready') drop(taken.length, 'Redis is not connected')
      else
        await enqueueEvents(queue, taken).then(
          (enqueued) => drop(taken.length - enqueued, 'Redis refused the job'),
          (error) => drop(taken.length, error.message),
        )
    }
    flushing = undefined
  }

  return {
    push(event: DispatchedEvent): void {
      // A full buffer drops the new event, because a flush of the buffered ones is in progress.
      if (buffer.length >= maxBufferedEvents) {
        drop(1, 'the buffer is full')
        return
      }
      buffer.push({ id: event.id, type: event.type, aggregateId: event.aggregateId })
      // Events of one turn of the event loop share a flush.
      flushing ??= Promise.resolve().then(flush)
    },
    flushed: () => flushing ?? Promise.resolve(),
    async close(): Promise<void> {
      await flushing
      await queue.close()
    },
  }
}
