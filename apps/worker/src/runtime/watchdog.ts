import { oldestOverdueSeconds } from '@goals-tasks/db'
import { answers } from '@goals-tasks/observability'
import type { Context } from './context.ts'

const answerWithinMs = 2_000

/**
 * Workers can wedge silently after a reconnect: connected, running, and deaf. Tells by what counts: work is overdue and this
 * process has finished nothing for `wedgedAfterMs`, although Postgres and Redis answer and nobody paused the queue.
 * @returns a function that says whether the consumer is wedged; it is to be asked every few seconds
 */
export function createWatchdog(context: Context): () => Promise<boolean> {
  const { name, pool, progress, timings } = context
  let suspectSince: number | undefined
  return async () => {
    const suspect = (await oldestOverdueSeconds(pool, name)) > 0 && (await couldWork(context))
    const now = performance.now()
    suspectSince = suspect ? (suspectSince ?? now) : undefined
    return suspectSince !== undefined && now - Math.max(suspectSince, progress.last) > timings.wedgedAfterMs
  }
}

async function couldWork({ redis, queue }: Context): Promise<boolean> {
  if (redis.status !== 'ready' || !(await answers(redis.ping(), answerWithinMs))) return false
  return !(await queue.isPaused())
}
