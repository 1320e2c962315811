import type { Queue } from 'bullmq'
import { type JobData, type JobEvent, maxEventsPerJob } from './queues.ts'

/**
 * Adds jobs for `events` in their order, at most `maxEventsPerJob` to a job.
 * @returns how many events found their way into the queue: adding is not atomic and resolves although Redis refused entries
 */
export async function enqueueEvents(queue: Queue<JobData>, events: readonly JobEvent[]): Promise<number> {
  const chunks: JobEvent[][] = []
  for (let i = 0; i < events.length; i += maxEventsPerJob) chunks.push(events.slice(i, i + maxEventsPerJob))
  if (chunks.length === 0) return 0
  const jobs = await queue.addBulk(chunks.map((chunk) => ({ name: titleOf(chunk), data: { events: chunk } })))
  // Redis numbers the jobs that it takes; a refused one has something else for an id, an error's negative number say.
  return jobs.reduce((sum, job, i) => (/^\d+$/.test(String(job.id)) ? sum + (chunks[i]?.length ?? 0) : sum), 0)
}

/** What the board shows as the job's title. */
const titleOf = (events: readonly JobEvent[]): string =>
  events.length === 1 ? (events[0]?.type ?? '') : `${events.length} events`
