import type { Context } from '../processing/context.ts'
import { memoryShare } from '../redis/memory.ts'

type Watched = Pick<Context, 'redis' | 'queue' | 'progress' | 'timings'>

/**
 * Workers can wedge silently after a reconnect: connected, running, and deaf. Tells by what counts: for `stuckAfterMs` there
 * was something to do for this very process, a job in hand or jobs waiting for anyone, and it finished nothing. What other
 * processes hold, and what no job carries yet, says nothing about this one.
 * @returns a function that says whether the consumer is wedged; it is to be asked every few seconds
 */
export function createWatchdog(watched: Watched): () => Promise<boolean> {
  const { progress, timings } = watched
  let suspectSince: number | undefined
  return async () => {
    const before = suspectSince
    // Stays so when the question fails: what nobody saw is no ground for suspicion.
    suspectSince = undefined
    if (!(await hasWork(watched))) return false
    const now = performance.now()
    suspectSince = before ?? now
    return now - Math.max(suspectSince, progress.last) > timings.stuckAfterMs
  }
}

/** A Redis that is away or full lets nobody take or finish anything. */
async function hasWork({ redis, queue, progress }: Watched): Promise<boolean> {
  if (redis.status !== 'ready' || (await memoryShare(redis)) >= 1) return false
  if (progress.running > 0) return true
  return (await queue.getWaitingCount()) > 0 && !(await queue.isPaused())
}
