import { setTimeout as sleep } from 'node:timers/promises'
import { finishDeliveries } from '@goals-tasks/db'
import { type CommittedEvent, type ConsumerName, type Dispatcher, isSubscribed } from '@goals-tasks/events'
import { runFor } from '@goals-tasks/tracing'
import type pg from 'pg'

export type CacheDeliveries = ReturnType<typeof createCacheDeliveries>

const cacheInvalidation: ConsumerName = 'cache-invalidation'
const limits = { perStatement: 100, buffered: 10_000, pauseMs: 20 }

export const isForCache = (consumer: ConsumerName): boolean => consumer === cacheInvalidation

/**
 * Finishes the deliveries to `cache-invalidation` of events whose invalidation Redis has confirmed, so the consumer has
 * no work with them. One statement at a time deletes up to a hundred. A pause after each lets more of them come
 * together, and no request waits. Events that are not finished are dispatched to the consumer, and a process that dies
 * leaves the deliveries to the sweeper.
 */
export function createCacheDeliveries({
  pool,
  dispatcher,
}: {
  pool: pg.Pool
  dispatcher: Pick<Dispatcher, 'dispatch'>
}) {
  const buffer: CommittedEvent[] = []
  let running: Promise<void> | undefined
  let isClosing = false

  const leaveToConsumer = (events: readonly CommittedEvent[]) => dispatcher.dispatch(events, isForCache)

  async function finishBuffered(): Promise<void> {
    while (buffer.length > 0) {
      const events = buffer.splice(0, limits.perStatement)
      const ids = events.map((event) => event.id)
      await finishDeliveries(pool, cacheInvalidation, ids).catch(() => leaveToConsumer(events))
      if (!isClosing) await sleep(limits.pauseMs)
    }
    running = undefined
  }

  return {
    /** Buffers the events. Returns at once and never throws. */
    finish(events: readonly CommittedEvent[]): void {
      const delivered = events.filter((event) => isSubscribed(cacheInvalidation, event.type))
      if (buffer.length + delivered.length > limits.buffered) leaveToConsumer(delivered)
      else buffer.push(...delivered)
      // One statement is for many requests, so none of their traces has it.
      running ??= runFor([], () => Promise.resolve().then(finishBuffered))
    },
    /** Finishes what is buffered. Call before the dispatcher is closed. */
    async close(): Promise<void> {
      isClosing = true
      await running
    },
  }
}
