import { snoozeDeliveries } from '@goals-tasks/db'
import type { JobEvent } from '@goals-tasks/events'
import type { Context } from '../context.ts'
import { enqueueSnoozed } from '../redis/enqueue.ts'
import type { SnoozedEvent } from './job-result.ts'

/** Groups the snoozed events of a job. The events of a group run again together. */
export const groupByTime = (snoozed: readonly SnoozedEvent[]): SnoozedEvent[][] => [
  ...Map.groupBy(snoozed, ({ until }) => until.getTime()).values(),
]

/**
 * Records that the events run again at the `until` of the first one, then adds a job for that time. Spends no attempt.
 * The deliveries are due one lease after `until`, as for a retry. If they were due at `until`, the sweeper would
 * enqueue them a second time while their job waits for a slot.
 */
export async function snoozeTogether(context: Context, group: readonly SnoozedEvent[]): Promise<void> {
  const { name: consumer, pool, timings, log } = context
  const [first] = group
  if (!first) return
  const delayMs = Math.max(0, first.until.getTime() - Date.now())
  const events = group.map(({ event }) => event)
  const left = await snoozeDeliveries(pool, { consumer, events, snoozeMs: delayMs + timings.leaseMs })
  // Another worker has finished the events.
  if (left.length === 0) return
  await enqueueSnoozed(context, left, delayMs).catch((err) =>
    log.warn({ consumer, eventId: first.event.id, err }, 'no job for snoozed events; the sweeper will enqueue them'),
  )
}

/** Snoozes events of types that only a newer program knows. The sweeper enqueues them again. */
export async function snoozeUnknown(context: Context, events: readonly JobEvent[]): Promise<void> {
  const { name: consumer, pool, timings, log } = context
  await snoozeDeliveries(pool, { consumer, events, snoozeMs: timings.snoozeMs })
  const types = [...new Set(events.map((event) => event.type))]
  log.warn({ consumer, type: types, events: events.length }, 'snoozed events of unknown types for a newer program')
}
