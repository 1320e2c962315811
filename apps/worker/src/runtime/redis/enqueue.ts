import type { LeasedDelivery } from '@goals-tasks/db'
import { enqueueEvents, type JobEvent, singleJobId, titleOf } from '@goals-tasks/events'
import { carriedTrace } from '@goals-tasks/tracing'
import type { Context } from '../context.ts'

type ConsumerQueue = Pick<Context, 'name' | 'queue'>
export type KnownDelivery = LeasedDelivery & JobEvent
type SingleDelivery = JobEvent & Pick<LeasedDelivery, 'attempts' | 'replays'>

/** Returns false when the event of the delivery is missing. No job can carry such a delivery. */
export const isKnown = (delivery: LeasedDelivery): delivery is KnownDelivery => delivery.type !== null

/** Adds jobs for deliveries without a failed attempt, many to a job. @throws when Redis refused a job */
export const enqueueBatches = ({ queue }: ConsumerQueue, deliveries: readonly JobEvent[]): Promise<void> =>
  enqueueEvents(queue, deliveries.map(toJobEvent))

/** Adds a job that carries one delivery, due in `delayMs`. Does nothing when the queue has that job already. */
export async function enqueueSingle(
  { name, queue }: ConsumerQueue,
  delivery: SingleDelivery,
  delayMs = 0,
): Promise<void> {
  const jobId = singleJobId(name, delivery)
  // BullMQ adds no second job of an id that it keeps as finished. That job ran, and yet the delivery is still there.
  const previous = await queue.getJob(jobId)
  if (previous?.finishedOn) await previous.remove()
  await queue.add(delivery.type, { events: [toJobEvent(delivery)] }, { jobId, delay: Math.ceil(delayMs) })
}

/**
 * Adds a job that carries snoozed events of one target, due in `delayMs`. Redis numbers it: a snooze spends no attempt,
 * so the id that `enqueueSingle` would choose may belong to the running job that was snoozed.
 */
export async function enqueueSnoozed(
  { queue }: ConsumerQueue,
  events: readonly JobEvent[],
  delayMs: number,
): Promise<void> {
  await queue.add(titleOf(events), { events: events.map(toJobEvent) }, { delay: Math.ceil(delayMs) })
}

const toJobEvent = ({ id, type, aggregateId, target, traceparent }: JobEvent): JobEvent => ({
  ...{ id, type, aggregateId, ...(target && { target }) },
  ...carriedTrace(traceparent),
})
