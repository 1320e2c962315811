import type { JobData } from '@goals-tasks/events'
import type { Queue } from 'bullmq'

/** Numbers of jobs of one queue. `paused` says that the queue itself is paused in Redis, for example by Bull Board. */
export type QueueStatus = {
  waiting: number
  active: number
  delayed: number
  failed: number
  paused: boolean
}

/** Rejects when Redis does not answer. */
export async function loadQueueStatus(queue: Queue<JobData>): Promise<QueueStatus> {
  const [counts, paused] = await Promise.all([
    queue.getJobCounts('wait', 'active', 'delayed', 'failed'),
    queue.isPaused(),
  ])
  const { wait = 0, active = 0, delayed = 0, failed = 0 } = counts
  return { waiting: wait, active, delayed, failed, paused }
}
