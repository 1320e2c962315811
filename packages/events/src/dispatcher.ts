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
  /** Whose lists may show the entity, now or before the change; nulls are nobody. */
  readers: (string | null)[]
  /** The goals whose lists of tasks it stands or stood in; null for anything but a task. */
  goalIds: string[] | null
}
/** What a job needs to know of it. */
type Dispatched = Pick<CommittedEvent, 'id' | 'type' | 'aggregateId'>
export type Dispatcher = ReturnType<typeof createDispatcher>

const maxBufferedEvents = 10_000
const maxJobsPerFlush = 50
const complainEveryMs = 5_000

/**
 * Turns committed events into jobs, one per consumer with everything committed since its last flush: one event
 * under light load, up to a hundred under heavy load. Losing what it holds loses nothing: each event's deliveries
 * are rows in Postgres, and the workers' sweeper enqueues those that no job took up.
 * `connection` is a producer's and stays the caller's to close.
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
    /** Takes note of events whose transaction has committed; returns at once and never throws. */
    dispatch(events: readonly Dispatched[]): void {
      for (const event of events) for (const consumer of consumersOf(event.type)) consumerQueues[consumer].push(event)
    },
    /** Settles when everything nudged so far is enqueued or left to the sweeper. */
    async flush(): Promise<void> {
      await Promise.all(Object.values(consumerQueues).map((lane) => lane.settled()))
    },
    async close(): Promise<void> {
      await Promise.all(Object.values(consumerQueues).map((lane) => lane.close()))
    },
  }
}

function createConsumerQueue(queue: Queue<JobData>, connection: Redis, log: Logger) {
  const buffer: JobEvent[] = []
  let flushing: Promise<void> | undefined
  let left = 0
  let complainedAt = 0
  // The connection's own listener tells; unheard here, it would end the process.
  queue.on('error', () => undefined)

  function leaveToSweeper(count: number, why: string): void {
    if (count === 0) return
    left += count
    if (Date.now() - complainedAt < complainEveryMs) return
    log.warn({ consumer: queue.name, events: left, why }, 'events left to the sweeper')
    complainedAt = Date.now()
    left = 0
  }

  async function flush(): Promise<void> {
    while (buffer.length > 0) {
      const taken = buffer.splice(0, maxEventsPerJob * maxJobsPerFlush)
      // A queue that has never connected keeps `addBulk` pending for ever, whatever the time-outs.
      if (connection.status !== 'ready') leaveToSweeper(taken.length, 'redis is away')
      else
        await enqueueEvents(queue, taken).then(
          (enqueued) => leaveToSweeper(taken.length - enqueued, 'redis refused'),
          (error) => leaveToSweeper(taken.length, error.message),
        )
    }
    flushing = undefined
  }

  return {
    push(event: Dispatched): void {
      // Those that came first stay: their flush is under way.
      if (buffer.length >= maxBufferedEvents) {
        leaveToSweeper(1, 'the buffer is full')
        return
      }
      buffer.push({ id: event.id, type: event.type, aggregateId: event.aggregateId })
      // Everything pushed in this turn of the event loop goes into the same flush.
      flushing ??= Promise.resolve().then(flush)
    },
    settled: () => flushing ?? Promise.resolve(),
    async close(): Promise<void> {
      await flushing
      await queue.close()
    },
  }
}
