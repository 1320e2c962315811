import type { EventType } from './catalogue.ts'
import { type ConsumerQueue, type ConsumerQueueOptions, createConsumerQueue } from './consumer-queue.ts'
import { openQueue } from './queues.ts'
import { type ConsumerName, consumerNames, consumersOf, webhookConsumer } from './subscriptions.ts'

export type CommittedEvent = {
  id: string
  type: EventType
  aggregateId: string
  version: number
  /** The users whose lists may contain the entity, before or after the change. Nulls mean no user. */
  readers: (string | null)[]
  /** The goals whose task lists contain the entity, before or after the change. Null for any entity but a task. */
  goalIds: string[] | null
  /**
   * The subscribed consumers that got no delivery: they have no receiver, or the change does not concern them. Absent
   * in events of earlier versions.
   */
  withoutReceiver?: ConsumerName[]
  /** The ids of the webhooks that got a delivery of it. Absent or null means none. */
  targets?: string[] | null
}
/** The part of a committed event that a job contains. */
type DispatchedEvent = Pick<CommittedEvent, 'id' | 'type' | 'aggregateId' | 'withoutReceiver' | 'targets'>
export type Dispatcher = ReturnType<typeof createDispatcher>

/** The work of a dispatcher for one consumer. */
export type DispatcherStats = {
  /** Events that wait in this process to be enqueued. */
  buffered: number
  /** Events since the start that were not enqueued. */
  leftToSweeper: number
}

type DispatcherOptions = ConsumerQueueOptions & { prefix: string }

/**
 * Turns committed events into jobs: one job per consumer with all events that were committed since its last flush. That
 * is one event under light load, up to a hundred when the workers are behind, and no job while a thousand jobs wait.
 * Losing buffered events loses nothing: their deliveries are rows in Postgres, and the sweeper of the workers enqueues
 * the ones that no job carries. `connection` is one of `connectProducer`. The caller closes it.
 */
export function createDispatcher(options: DispatcherOptions) {
  const { connection, prefix, ...queueOptions } = options
  const consumerQueues = Object.fromEntries(
    consumerNames.map((consumer) => [
      consumer,
      createConsumerQueue(openQueue(connection, prefix, consumer), { connection, ...queueOptions }),
    ]),
  ) as Record<ConsumerName, ConsumerQueue>

  return {
    /**
     * Buffers events whose transaction has committed, for the consumers that `accepts` selects. Returns at once and
     * never throws.
     */
    dispatch(events: readonly DispatchedEvent[], accepts: (consumer: ConsumerName) => boolean = () => true): void {
      for (const { id, type, aggregateId, withoutReceiver, targets } of events) {
        for (const consumer of consumersOf(type))
          if (accepts(consumer) && !withoutReceiver?.includes(consumer))
            consumerQueues[consumer].push({ id, type, aggregateId })
        if (accepts(webhookConsumer))
          for (const target of targets ?? []) consumerQueues[webhookConsumer].push({ id, type, aggregateId, target })
      }
    },
    /** Resolves when every event that was dispatched so far is enqueued or dropped. */
    async flush(): Promise<void> {
      await Promise.all(Object.values(consumerQueues).map((consumerQueue) => consumerQueue.flush()))
    },
    /** Returns the present numbers of every consumer. */
    stats: (): [ConsumerName, DispatcherStats][] =>
      consumerNames.map((consumer) => [consumer, consumerQueues[consumer].stats()]),
    async close(): Promise<void> {
      await Promise.all(Object.values(consumerQueues).map((consumerQueue) => consumerQueue.close()))
    },
  }
}
