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
  const [counts, paused, workers] = await Promise.all([
    queue.getJobCounts('wait', 'active', 'delayed', 'failed'),
    queue.isPaused(),
    countWorkers(queue),
  ])
  const { wait = 0, active = 0, delayed = 0, failed = 0 } = counts
  return { waiting: wait, active, delayed, failed, paused, workers }
}

/** Counts the processes that work on the queue. Returns null where Redis has no CLIENT LIST, or forbids it. */
async function countWorkers(queue: Queue<JobData>): Promise<number | null> {
  try {
    const clients = await queue.getWorkers()
    // Where Redis does not know the command, BullMQ returns one client without an address.
    return clients.every((client) => 'addr' in client) ? clients.length : null
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('NOPERM ')) return null
    throw error
  }
}
