import type { LeasedDelivery } from '@goals-tasks/db'
import { enqueueEvents, type JobEvent, singleJobId } from '@goals-tasks/events'
import type { Context } from '../processing/context.ts'

type Lane = Pick<Context, 'name' | 'queue'>
export type KnownDelivery = LeasedDelivery & JobEvent

/** An event whose body is missing cannot be carried by any job. */
export const isKnown = (delivery: LeasedDelivery): delivery is KnownDelivery => delivery.type !== null

/** Adds jobs for deliveries that were never tried, many to a job. @returns how many events found their way into the queue */
export const enqueueBatches = ({ queue }: Lane, deliveries: readonly KnownDelivery[]): Promise<number> =>
  enqueueEvents(queue, deliveries.map(jobEvent))

/** Adds a job of its own for a delivery, due in `delayMs`; nothing happens when that job is in the queue already. */
export async function enqueueSingle({ name, queue }: Lane, delivery: KnownDelivery, delayMs = 0): Promise<void> {
  const jobId = singleJobId(name, delivery)
  // A finished job of that id would make the add a silent no-op: it ran, and yet the delivery is still there.
  const previous = await queue.getJob(jobId)
  if (previous?.finishedOn) await previous.remove()
  await queue.add(delivery.type, { events: [jobEvent(delivery)] }, { jobId, delay: Math.ceil(delayMs) })
}

const jobEvent = ({ id, type, aggregateId }: JobEvent): JobEvent => ({ id, type, aggregateId })
