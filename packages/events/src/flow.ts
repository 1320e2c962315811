import type { AnyRedis } from './open-redis.ts'

/**
 * How the dispatcher enqueues the events of one consumer:
 * - `direct`: at once, because few jobs wait;
 * - `fill`: in full jobs, because the workers are behind anyway;
 * - `stop`: not at all, because the deliveries in Postgres need no memory of Redis. The sweeper enqueues them.
 */
export type Flow = 'direct' | 'fill' | 'stop'

const directBelow = 16
const stopAbove = 1_000

/**
 * Returns how to enqueue while `waiting` jobs wait. After a stop the sweeper works off the backlog first, so the
 * dispatcher starts again only when the queue is short.
 */
export function nextFlow(previous: Flow, waiting: number): Flow {
  if (waiting < directBelow) return 'direct'
  return previous === 'stop' || waiting > stopAbove ? 'stop' : 'fill'
}

/** The number of waiting jobs, and the id of the job that a worker takes next. Every process sees the same. */
export type WaitingJobs = { waiting: number; next: string | null }

/** Reads the waiting jobs of a queue in one round trip. `key` is the list of the waiting jobs. */
export async function readWaitingJobs(connection: AnyRedis, key: string): Promise<WaitingJobs> {
  const [waiting, next] = await Promise.all([connection.llen(key), connection.lindex(key, -1)])
  return { waiting, next }
}
