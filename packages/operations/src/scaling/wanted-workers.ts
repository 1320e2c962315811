import { maxEventsPerJob } from '@goals-tasks/events'

/** The work of one consumer. Jobs that are due have a delay that has passed; scheduled ones have one that has not. */
export type Work = {
  waiting: number
  due: number
  scheduled: number
  active: number
  /** Deliveries in Postgres, those of jobs included. */
  pendingDeliveries: number
  /** The mean time that a job takes. */
  jobSeconds: number
  /** The age of the oldest event in Postgres that no attempt has failed at, in a job or not. Null without one. */
  oldestEventSeconds: number | null
  /** Whether operators have paused the consumer, or its queue in Bull Board. */
  isPaused: boolean
}

export type ScalingTargets = {
  /** Jobs that one worker runs at once. */
  concurrency: number
  /** The time in which the wanted workers run all jobs that wait now. */
  drainSeconds: number
  /** The age at which an event should be handled. */
  waitSeconds: number
}

/** The targets of every consumer besides its concurrency. */
export const scalingTargets = { drainSeconds: 30, waitSeconds: 60 } as const

/**
 * Returns how many workers the consumer needs. It counts work instead of jobs: the same number of jobs needs more
 * workers when each takes longer. Idle workers do not count, so a scaler does not amplify it. When all workers are
 * busy and events stay late, each look wants one more, up to the maximum of the scaler.
 * - It is enough for the jobs that run, and to run the jobs that wait within `drainSeconds`.
 * - It is one more while the oldest event is older than `waitSeconds`.
 * - It is not more than the running jobs need while the consumer or its queue is paused.
 * - It is at least one while anything waits, runs or is scheduled.
 */
export function wantedWorkers(work: Work, { concurrency, drainSeconds, waitSeconds }: ScalingTargets): number {
  const forRunning = Math.max(Math.ceil(work.active / concurrency), hasWork(work) ? 1 : 0)
  if (work.isPaused) return forRunning
  const forWaiting = Math.ceil((waitingJobs(work) * work.jobSeconds) / (concurrency * drainSeconds))
  const isLate = (work.oldestEventSeconds ?? 0) > waitSeconds
  return Math.max(forRunning, forWaiting) + (isLate ? 1 : 0)
}

/** A long backlog waits in Postgres: the dispatcher stops at a thousand jobs, and later jobs have full batches. */
function waitingJobs({ waiting, due, scheduled, pendingDeliveries }: Work): number {
  const fullJobs = Math.floor(Math.max(0, pendingDeliveries - scheduled) / maxEventsPerJob)
  return Math.max(waiting + due, fullJobs)
}

const hasWork = ({ waiting, due, scheduled, active, pendingDeliveries }: Work): boolean =>
  waiting + due + scheduled + active + pendingDeliveries > 0
