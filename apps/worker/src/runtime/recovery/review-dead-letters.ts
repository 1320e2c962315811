import { leaseDeliveries, listDeadLetters } from '@goals-tasks/db'
import { type JobData, maxMirroredDeadLetters, reconcileMirror } from '@goals-tasks/events'
import type { Job } from 'bullmq'
import pMap from 'p-map'
import type { Context } from '../processing/context.ts'
import { moveEventToDeadLetters } from '../processing/record-failure.ts'
import { enqueueSingle, isKnown } from './enqueue.ts'

const parallelAdds = 20
/** BullMQ's words for a job whose worker died once too often. Such a job fails without the processor being called again. */
export const isStalledOut = (job: Job<JobData>): boolean =>
  job.failedReason?.startsWith('job stalled more than allowable limit') ?? false

/** Deals with the jobs that stalled out, and makes the board show the newest dead letters. */
export async function reviewDeadLetters(context: Context): Promise<void> {
  const failed = await context.queue.getJobs(['failed'])
  for (const job of failed) if (isStalledOut(job)) await resolveStalledJob(context, job)
  const newest = await listDeadLetters(context.pool, { consumer: context.name }, { limit: maxMirroredDeadLetters })
  await reconcileMirror(context.deadQueue, newest.toReversed())
}

/**
 * A job that took its process down again and again. Among many events one is to blame: each gets a job of its own.
 * One alone is given up. The job is removed last, so a crash in between repeats what repeats harmlessly.
 */
export async function resolveStalledJob(context: Context, job: Job<JobData>): Promise<void> {
  const { name: consumer, pool, timings, log } = context
  const error = new Error(`${job.failedReason}: its process died or hung`)
  const [event, ...others] = job.data.events
  if (event && others.length === 0) {
    log.error({ consumer, eventId: event.id, type: event.type, attempt: job.stalledCounter, err: error }, 'given up')
    await moveEventToDeadLetters(context, { event, error })
  } else {
    const ids = job.data.events.map(({ id }) => id)
    const left = (await leaseDeliveries(pool, { consumer, ids, leaseMs: timings.leaseMs })).filter(isKnown)
    log.warn({ consumer, events: left.length, err: error }, 'a batch is split')
    await pMap(left, (delivery) => enqueueSingle(context, delivery), { concurrency: parallelAdds })
  }
  await job.remove()
}
