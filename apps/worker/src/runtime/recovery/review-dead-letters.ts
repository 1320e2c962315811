import { listDeadLetters } from '@goals-tasks/db'
import { maxMirroredDeadLetters, reconcileMirror } from '@goals-tasks/events'
import type { Context } from '../context.ts'
import { isStalledOut, resolveStalledJob } from '../processing/stalled-jobs.ts'

/** Resolves the jobs that stalled out, and makes Bull Board show the newest dead letters. */
export async function reviewDeadLetters(context: Context): Promise<void> {
  const failed = await context.queue.getJobs(['failed'])
  for (const job of failed) if (isStalledOut(job)) await resolveStalledJob(context, job)
  const newest = await listDeadLetters(context.pool, { consumer: context.name }, { limit: maxMirroredDeadLetters })
  await reconcileMirror(context.deadQueue, newest.toReversed())
}
