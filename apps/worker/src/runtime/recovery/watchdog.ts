import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '@goals-tasks/config/message-of'
import { createOverdueLook, type OverdueLook } from '@goals-tasks/db'
import type { Context } from '../context.ts'
import type { Progress } from '../progress.ts'
import { findRefusal } from '../redis/find-refusal.ts'

type Watched = Pick<Context, 'name' | 'pool' | 'redis' | 'queue' | 'progress' | 'timings' | 'pause'>
/**
 * `work`: this process should finish something. `blind`: deliveries are overdue, and Redis does not serve. With `job`
 * only the progress of that job counts.
 */
type Suspicion = { kind: 'work' | 'blind'; reason: string; job?: Progress }

const lookWithinMs = 5_000

/**
 * Creates the watchdog of a consumer. A BullMQ worker can get stuck after a reconnect: it is connected and running, and
 * fetches no job. The watchdog measures progress instead. A consumer is stuck when
 * - a job of this process finished nothing for `stuckAfterMs`, even if other jobs do: BullMQ renews its lock, so no
 *   other process ever takes its events;
 * - this process finished nothing for `stuckAfterMs`, although jobs wait, or deliveries are overdue without a job;
 * - this process finished nothing for `blindAfterMs`, although deliveries are overdue, because Redis gives no answer or
 *   refuses writes.
 *
 * A paused consumer is not stuck. Postgres is asked first: an outage of Postgres proves nothing and is no reason to end
 * a process.
 * @returns a function that resolves with the reason why the consumer is stuck, else with null; call it every few
 * seconds. It rejects when Postgres does not answer.
 */
export function createWatchdog(watched: Watched): () => Promise<string | null> {
  const { progress, timings } = watched
  const overdueLook = createOverdueLook(watched.name)
  let suspected: { kind: Suspicion['kind']; since: number } | undefined
  return async () => {
    const before = suspected
    // Stays undefined when the look fails: time without an answer of Postgres is no evidence.
    suspected = undefined
    if (watched.pause.isPaused) return null
    const suspicion = await Promise.race([look(watched, overdueLook), rejectAfter(lookWithinMs)])
    if (!suspicion) return null
    const now = performance.now()
    const { kind, reason, job } = suspicion
    const since = before?.kind === kind ? before.since : now
    suspected = { kind, since }
    const limitMs = kind === 'work' ? timings.stuckAfterMs : timings.blindAfterMs
    return now - Math.max(since, (job ?? progress).lastAt) > limitMs ? reason : null
  }
}

async function look(watched: Watched, overdueLook: OverdueLook): Promise<Suspicion | null> {
  const { pool, timings } = watched
  const isOverdue = (await overdueLook.oldestSeconds(pool)) * 1_000 > timings.overdueAfterMs
  const blindness = (problem: string): Suspicion | null =>
    isOverdue ? { kind: 'blind', reason: `deliveries are overdue and Redis does not serve: ${problem}` } : null
  if (watched.redis.status !== 'ready') return blindness('it is not connected')
  try {
    const refusal = await findRefusal(watched)
    if (refusal) return isFull(refusal) ? null : blindness(refusal)
    const job = slowestOf(watched.progress)
    if (job) return { kind: 'work', reason: 'a job runs and finishes nothing', job }
    const reason = await findWork(watched, isOverdue)
    return reason === null ? null : { kind: 'work', reason }
  } catch (error) {
    return blindness(messageOf(error))
  }
}

/** Returns the running job that has finished nothing for the longest time. */
const slowestOf = ({ jobs }: Context['progress']): Progress | undefined =>
  [...jobs].sort((one, other) => one.lastAt - other.lastAt)[0]

/** No worker can take or finish a job while Redis is full or cannot write to its disk. A restart does not help. */
const isFull = (refusal: string): boolean => /^(OOM|MISCONF) /.test(refusal)

async function findWork({ queue }: Watched, isOverdue: boolean): Promise<string | null> {
  const [{ waiting = 0, active = 0 }, isPaused] = await Promise.all([
    queue.getJobCounts('waiting', 'active'),
    queue.isPaused(),
  ])
  if (isPaused) return null
  if (waiting > 0) return 'jobs wait and none finishes'
  // The running jobs of other processes may carry what is overdue.
  return isOverdue && active === 0 ? 'deliveries are overdue and none is handled' : null
}

async function rejectAfter(ms: number): Promise<never> {
  await sleep(ms, undefined, { ref: false })
  throw new Error(`the watchdog got no answer within ${ms} ms`)
}
