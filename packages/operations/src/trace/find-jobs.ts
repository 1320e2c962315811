import { type ConsumerName, type JobData, singleJobId } from '@goals-tasks/events'
import type { Job, Queue } from 'bullmq'

export type TracedJob = {
  id: string
  state: 'waiting' | 'active' | 'delayed' | 'failed'
  /** When it was enqueued, taken up, is due, or failed, by its state. RFC 3339, UTC. */
  at: string
  events: number
  error: string | null
}
export type Sought = { eventId: string; attempts: number; replays: number }
/** The jobs that carry each event, the oldest first, and the states that hold more jobs than were looked through. */
export type FoundJobs = { of(eventId: string): TracedJob[]; partlyRead: TracedJob['state'][] }

/** A job of a hundred events is some 12 KB long, so only this many of each state are read. */
export const newestJobsRead = 200
const states = ['waiting', 'active', 'delayed', 'failed'] as const
type Entry = { job: Job<JobData>; traced: TracedJob }

/**
 * Finds the jobs of events that are pending or were given up. A retry's id is known, so it is found however long the queue
 * is; a job that carries several events only shows when it is opened, and just the newest are.
 */
export async function findJobs(
  queue: Queue<JobData>,
  consumer: ConsumerName,
  sought: readonly Sought[],
): Promise<FoundJobs> {
  const [counts, ...found] = await Promise.all([
    queue.getJobCounts(...states),
    ...states.map((state) => readNewest(queue, state)),
    readSingles(queue, consumer, sought),
  ])
  const entries = [...new Map(found.flat().map((entry) => [entry.traced.id, entry])).values()]
  const carries = ({ job }: Entry, eventId: string) => job.data.events.some((event) => event.id === eventId)
  return {
    of: (eventId) =>
      entries
        .flatMap((entry) => (carries(entry, eventId) ? [entry.traced] : []))
        .sort((a, b) => a.at.localeCompare(b.at)),
    partlyRead: states.filter((state) => (counts[state] ?? 0) > newestJobsRead),
  }
}

async function readNewest(queue: Queue<JobData>, state: TracedJob['state']): Promise<Entry[]> {
  const jobs = await queue.getJobs([state], 0, newestJobsRead - 1)
  return jobs.map((job) => ({ job, traced: describeJob(job, state) }))
}

async function readSingles(queue: Queue<JobData>, consumer: ConsumerName, sought: readonly Sought[]): Promise<Entry[]> {
  const ids = sought.flatMap(({ eventId, attempts, replays }) =>
    Array.from({ length: attempts + 1 }, (_, n) => singleJobId(consumer, { id: eventId, attempts: n, replays })),
  )
  const entries = await Promise.all(
    ids.map(async (id) => {
      const [job, now] = await Promise.all([queue.getJob(id), queue.getJobState(id)])
      const state = states.find((known) => known === now)
      return job && state ? [{ job, traced: describeJob(job, state) }] : []
    }),
  )
  return entries.flat()
}

function describeJob(job: Job<JobData>, state: TracedJob['state']): TracedJob {
  const at = {
    waiting: job.timestamp,
    active: job.processedOn ?? job.timestamp,
    delayed: job.timestamp + job.delay,
    failed: job.finishedOn ?? job.timestamp,
  }[state]
  return {
    id: job.id ?? '',
    state,
    at: new Date(at).toISOString(),
    events: job.data.events.length,
    error: job.failedReason ?? null,
  }
}
