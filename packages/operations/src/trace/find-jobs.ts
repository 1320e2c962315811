import { type ConsumerName, type JobData, singleJobId } from '@goals-tasks/events'
import type { Job, Queue } from 'bullmq'

/** A job that carries an event. `events` is the number of events in it. */
export type TracedJob = {
  id: string
  state: 'waiting' | 'active' | 'delayed' | 'failed'
  /** When the job was enqueued (waiting), started (active), is due (delayed) or failed. RFC 3339, UTC. */
  at: string
  events: number
  error: string | null
}
type JobKey = { eventId: string; target: string; attempts: number; replays: number }
/** `of` returns the jobs of a delivery, the oldest first. `partlyRead` names the states that have unread jobs. */
export type FoundJobs = { of(key: Pick<JobKey, 'eventId' | 'target'>): TracedJob[]; partlyRead: TracedJob['state'][] }

/** Number of jobs of each state that a trace reads. A job with a hundred events is about 12 KB. */
export const newestJobsRead = 200
const states = ['waiting', 'active', 'delayed', 'failed'] as const
type Entry = { job: Job<JobData>; traced: TracedJob }

/**
 * Finds the jobs of pending events and dead letters. The id of a retry is known, so retries are found in a queue of any
 * length. A job with several events is found only among the newest jobs, because its events are in its data.
 */
export async function findJobs(
  queue: Queue<JobData>,
  consumer: ConsumerName,
  keys: readonly JobKey[],
): Promise<FoundJobs> {
  const [counts, ...found] = await Promise.all([
    queue.getJobCounts(...states),
    ...states.map((state) => readNewest(queue, state)),
    readSingles(queue, consumer, keys),
  ])
  const entries = [...new Map(found.flat().map((entry) => [entry.traced.id, entry])).values()]
  const carries = ({ job }: Entry, { eventId, target }: Pick<JobKey, 'eventId' | 'target'>) =>
    job.data.events.some((event) => event.id === eventId && (event.target ?? '') === target)
  return {
    of: (key) =>
      entries.flatMap((entry) => (carries(entry, key) ? [entry.traced] : [])).sort((a, b) => a.at.localeCompare(b.at)),
    partlyRead: states.filter((state) => (counts[state] ?? 0) > newestJobsRead),
  }
}

async function readNewest(queue: Queue<JobData>, state: TracedJob['state']): Promise<Entry[]> {
  const jobs = await queue.getJobs([state], 0, newestJobsRead - 1)
  return jobs.map((job) => ({ job, traced: describeJob(job, state) }))
}

async function readSingles(queue: Queue<JobData>, consumer: ConsumerName, keys: readonly JobKey[]): Promise<Entry[]> {
  const ids = keys.flatMap(({ eventId, target, attempts, replays }) =>
    Array.from({ length: attempts + 1 }, (_, n) =>
      singleJobId(consumer, { id: eventId, target, attempts: n, replays }),
    ),
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
