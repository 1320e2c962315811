import type { JobData } from '@goals-tasks/events'
import type { Queue } from 'bullmq'

/** Numbers of jobs and worker processes of one queue. `workers` is null where Redis forbids CLIENT LIST. */
export type QueueStatus = {
  waiting: number
  active: number
  delayed: number
  failed: number
  paused: boolean
  workers: number | null
}

/** Rejects when Redis does not answer. */
export async function loadQueueStatus(queue: Queue<JobData>): Promise<QueueStatus> {
  const [counts, paused, clients] = await Promise.all([
    queue.getJobCounts('wait', 'active', 'delayed', 'failed'),
    queue.isPaused(),
    queue.getWorkers(),
  ])
  const { wait = 0, active = 0, delayed = 0, failed = 0 } = counts
  // Where Redis forbids CLIENT LIST, BullMQ returns one client without an address.
  const workers = clients.every((client) => 'addr' in client) ? clients.length : null
  return { waiting: wait, active, delayed, failed, paused, workers }
}
