import type { AnyRedis, JobData } from '@goals-tasks/events'
import type { Queue } from 'bullmq'
import type { Work } from './wanted-workers.ts'

/** The newest finished jobs whose durations count. */
const sampledJobs = 50
/** The mean duration of a consumer that has not finished a job yet. */
const assumedSeconds = 0.1

type QueueWork = Pick<Work, 'due' | 'scheduled' | 'jobSeconds'>

/** Reads what the counts of a queue do not say. It reads at most 152 small values. Rejects when Redis is away. */
export async function loadQueueWork(redis: AnyRedis, queue: Queue<JobData>, now = Date.now()): Promise<QueueWork> {
  const delayed = queue.toKey('delayed')
  // BullMQ orders delayed jobs by their time in milliseconds, which it shifts to the left by 12 bits.
  const dueBelow = (now + 1) * 0x1000
  const [due, all, jobSeconds] = await Promise.all([
    redis.zcount(delayed, 0, dueBelow - 1),
    redis.zcard(delayed),
    meanSeconds(redis, queue),
  ])
  return { due, scheduled: all - due, jobSeconds }
}

/** Returns the mean duration of the newest finished jobs. Their data, which is large, stays in Redis. */
async function meanSeconds(redis: AnyRedis, queue: Queue<JobData>): Promise<number> {
  const ids = await redis.zrevrange(queue.toKey('completed'), 0, sampledJobs - 1)
  const times = await Promise.all(ids.map((id) => redis.hmget(queue.toKey(id), 'processedOn', 'finishedOn')))
  const durations = times.flatMap(([from, to]) => (from && to ? [(Number(to) - Number(from)) / 1_000] : []))
  if (durations.length === 0) return assumedSeconds
  return durations.reduce((sum, duration) => sum + duration, 0) / durations.length
}
