import type { Queue } from 'bullmq'
import { type JobData, type JobEvent, maxEventsPerJob } from './queues.ts'

/**
 * Adds jobs for `events` in their order, at most `maxEventsPerJob` to a job. Adding is not atomic, and it resolves
 * although Redis refused some of the jobs.
 * @returns how many events are in the queue
 */
export async function enqueueEvents(queue: Queue<JobData>, events: readonly JobEvent[]): Promise<number> {
  const chunks: JobEvent[][] = []
  for (let i = 0; i < events.length; i += maxEventsPerJob) chunks.push(events.slice(i, i + maxEventsPerJob))
  if (chunks.length === 0) return 0
  const jobs = await queue.addBulk(chunks.map((chunk) => ({ name: titleOf(chunk), data: { events: chunk } })))
  // Redis gives each job that it takes a number as its id. A refused job has another id, for example a negative number.
  return jobs.reduce((sum, job, i) => (/^\d+$/.test(String(job.id)) ? sum + (chunks[i]?.length ?? 0) : sum), 0)
}

/** Returns the title of the job in Bull Board. */
const titleOf = (events: readonly JobEvent[]): string =>
  events.length === 1 ? (events[0]?.type ?? '') : `${events.length} events`
