import { snoozeDeliveries } from '@goals-tasks/db'
import type { JobEvent } from '@goals-tasks/events'
import type { Context } from '../context.ts'
import { enqueueSnoozed } from '../redis/enqueue.ts'
import type { SnoozedEvent } from './job-result.ts'

/**
 * Records that the event runs again at `until`, then adds a job for that time. Spends no attempt. The delivery is due
 * one lease after `until`, as for a retry. If it were due at `until`, the sweeper would enqueue it a second time
 * while its job waits for a slot.
 */
export async function snoozeEvent(context: Context, { event, until }: SnoozedEvent): Promise<void> {
  const { name: consumer, pool, timings, log } = context
  const delayMs = Math.max(0, until.getTime() - Date.now())
  const snoozed = await snoozeDeliveries(pool, { consumer, ids: [event.id], snoozeMs: delayMs + timings.leaseMs })
  // Another worker has finished the event.
  if (snoozed === 0) return
  await enqueueSnoozed(context, event, delayMs).catch((err) =>
    log.warn({ consumer, eventId: event.id, err }, 'no job for a snoozed event; the sweeper will enqueue it'),
  )
}

/** Snoozes events of types that only a newer program knows. The sweeper enqueues them again. */
export async function snoozeUnknown(context: Context, events: readonly JobEvent[]): Promise<void> {
  const { name: consumer, pool, timings, log } = context
  const ids = events.map((event) => event.id)
  await snoozeDeliveries(pool, { consumer, ids, snoozeMs: timings.snoozeMs })
  const types = [...new Set(events.map((event) => event.type))]
  log.warn({ consumer, type: types, events: ids.length }, 'snoozed events of unknown types for a newer program')
}
