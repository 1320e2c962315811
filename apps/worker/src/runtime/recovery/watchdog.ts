import type { Context } from '../context.ts'
import { memoryShare } from '../redis/memory.ts'

type Watched = Pick<Context, 'redis' | 'queue' | 'progress' | 'timings'>

/**
 * A BullMQ worker can get stuck after a reconnect: it is connected and running, and fetches no job. The watchdog
 * measures progress instead: a consumer is stuck when this process had work for `stuckAfterMs` and finished nothing.
 * Work is a running job of this process, or a waiting job. Jobs of other processes and events without a job do not
 * count.
 * @returns a function that checks whether the consumer is stuck; call it every few seconds
 */
export function createWatchdog(watched: Watched): () => Promise<boolean> {
  const { progress, timings } = watched
  let suspectSince: number | undefined
  return async () => {
    const before = suspectSince
    // Stays undefined when the check throws: time without an answer is no evidence.
    suspectSince = undefined
    if (!(await hasWork(watched))) return false
    const now = performance.now()
    suspectSince = before ?? now
    return now - Math.max(suspectSince, progress.lastAt) > timings.stuckAfterMs
  }
}

/** With a Redis that is away or full no worker can take or finish a job, so there is no work. */
async function hasWork({ redis, queue, progress }: Watched): Promise<boolean> {
  if (redis.status !== 'ready' || (await memoryShare(redis)) >= 1) return false
  if (progress.running > 0) return true
  return (await queue.getWaitingCount()) > 0 && !(await queue.isPaused())
}
