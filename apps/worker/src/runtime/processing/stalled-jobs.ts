import { leaseDeliveries } from '@goals-tasks/db'
import type { JobData } from '@goals-tasks/events'
import type { Job } from 'bullmq'
import pMap from 'p-map'
import type { Context } from '../context.ts'
import { enqueueSingle, isKnown } from '../redis/enqueue.ts'
import { moveEventToDeadLetters } from './dead-letters.ts'

const parallelAdds = 20

/**
 * Returns true for a job whose worker died once too often. BullMQ fails such a job without calling the processor
 * again; the reason is its text.
 */
export const isStalledOut = (job: Job<JobData>): boolean =>
  job.failedReason?.startsWith('job stalled more than allowable limit') ?? false

/**
 * Resolves a job that stalled out. One of its events is to blame: a single event moves to the dead letters, several
 * get a job each. Removes the job last: a crash in between repeats steps that are safe to repeat.
 */
export async function resolveStalledJob(context: Context, job: Job<JobData>): Promise<void> {
  const { name: consumer, pool, timings, log } = context
  const error = new Error(`${job.failedReason}: its process died or hung`)
  const [event, ...others] = job.data.events
  if (event && others.length === 0) {
    await moveEventToDeadLetters(context, { event, error, attempt: job.stalledCounter })
  } else {
    const { events } = job.data
    const left = (await leaseDeliveries(pool, { consumer, events, leaseMs: timings.leaseMs })).filter(isKnown)
    log.warn({ consumer, events: left.length, err: error }, 'a stalled job is split into one job per event')
    await pMap(left, (delivery) => enqueueSingle(context, delivery), { concurrency: parallelAdds })
  }
  await job.remove()
}
