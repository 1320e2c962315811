import { countedUpTo } from '../../../src/status/counted-up-to.ts'

type Delivery = { committedAt: number; hasFailed: boolean }
/** Each delivery has a job of its own, as when each is for another webhook: no other events need as many jobs. */
export type Job = { delivery: Delivery; readyAt: number }

/**
 * The dispatcher leaves events to the sweeper from the first number of waiting jobs on, until the second, as `flow.ts`
 * of `packages/events` says.
 */
const [stopAbove, directBelow] = [1_000, 16]
/** The sweeper adds the first number of jobs while at most the second number wait, as `sweeper.ts` says. */
const [sweptJobs, sweepBelow] = [1_000, 200]
const leaseSeconds = 30
const retrySeconds = 60

/** The deliveries of one consumer in Postgres, and its jobs in Redis. */
export function createBacklog() {
  const pending = new Set<Delivery>()
  let unqueued: { delivery: Delivery; dueAt: number }[] = []
  let waiting: Job[] = []
  let delayed: Job[] = []
  let isStopped = false

  return {
    commit(second: number): void {
      const delivery = { committedAt: second, hasFailed: false }
      pending.add(delivery)
      isStopped = waiting.length > stopAbove || (isStopped && waiting.length >= directBelow)
      if (isStopped) unqueued.push({ delivery, dueAt: second + leaseSeconds })
      else waiting.push({ delivery, readyAt: second })
    },
    sweep(second: number): void {
      if (waiting.length > sweepBelow) return
      const swept = new Set(unqueued.filter(({ dueAt }) => dueAt <= second).slice(0, sweptJobs))
      unqueued = unqueued.filter((each) => !swept.has(each))
      for (const { delivery } of swept) waiting.push({ delivery, readyAt: second })
    },
    /** Takes the next job. A delayed job that is due waits from then on, because a worker has looked. */
    take(second: number): Job | undefined {
      waiting.push(...delayed.filter(({ readyAt }) => readyAt <= second))
      delayed = delayed.filter(({ readyAt }) => readyAt > second)
      return waiting.shift()
    },
    finish: ({ delivery }: Job): void => void pending.delete(delivery),
    fail({ delivery }: Job, second: number): void {
      delivery.hasFailed = true
      delayed.push({ delivery, readyAt: second + retrySeconds })
    },
    /** Puts back jobs whose worker died. */
    putBack: (jobs: readonly Job[]): void => void waiting.unshift(...jobs),
    flush(second: number): void {
      const jobs = [...waiting, ...delayed]
      unqueued.push(...jobs.map(({ delivery }) => ({ delivery, dueAt: second + leaseSeconds })))
      waiting = []
      delayed = []
    },
    look(second: number) {
      const oldest = [...pending].find(({ hasFailed }) => !hasFailed)
      const due = delayed.filter(({ readyAt }) => readyAt <= second).length
      return {
        ...{ waiting: waiting.length, due, scheduled: delayed.length - due },
        pendingDeliveries: Math.min(pending.size, countedUpTo),
        oldestEventSeconds: oldest ? second - oldest.committedAt : null,
      }
    },
  }
}
