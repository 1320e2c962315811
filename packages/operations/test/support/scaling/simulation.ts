import { scalingTargets, type Work, wantedWorkers } from '../../../src/scaling/wanted-workers.ts'
import { createBacklog, type Job } from './backlog.ts'
import { createRandom } from './random.ts'
import { createScaler } from './scaler.ts'
import type { Scenario } from './scenarios.ts'

export type Moment = { second: number; work: Work; workers: number; wanted: number }

export const simulatedSeconds = 3_600
const concurrency = 4
/** A new worker takes its first job after this time. */
const startSeconds = 10
/** The jobs of a dead worker count as active until their locks have expired. */
const lockSeconds = 20

type RunningJob = Job & { endsAt: number }
type Worker = { startsAt: number; jobs: RunningJob[] }

const workerFrom = (startsAt: number): Worker => ({ startsAt, jobs: [] })

/** Runs a consumer and its scaler, second by second. The same scenario leads to the same moments each time. */
export function simulate(scenario: Scenario): Moment[] {
  const { arrivalsPerSecond, jobSeconds, isPaused, deaths, failing, isFlushed } = scenario
  const random = createRandom()
  const backlog = createBacklog()
  const scale = createScaler()
  let workers: Worker[] = [workerFrom(0)]
  let lost: (Job & { lockedUntil: number })[] = []
  let recent: number[] = []

  const arrive = (second: number) => {
    const rate = arrivalsPerSecond(second)
    const count = Math.floor(rate) + (random() < rate % 1 ? 1 : 0)
    for (let i = 0; i < count; i++) backlog.commit(second)
  }
  const die = (second: number) => {
    const dead = workers.splice(0, Math.round(workers.length * (deaths?.(second) ?? 0)))
    lost.push(...dead.flatMap(({ jobs }) => jobs.map((job) => ({ ...job, lockedUntil: second + lockSeconds }))))
    // A supervisor starts each of them again.
    workers.push(...dead.map(() => workerFrom(second + startSeconds)))
    backlog.putBack(lost.filter(({ lockedUntil }) => lockedUntil <= second))
    lost = lost.filter(({ lockedUntil }) => lockedUntil > second)
  }
  const end = (job: RunningJob, second: number) => {
    const failed = failing?.(second) ?? 0
    if (failed > 0 && random() < failed) backlog.fail(job, second)
    else backlog.finish(job)
  }
  const begin = (job: Job, second: number): RunningJob => {
    const duration = Math.max(0.1, jobSeconds(second) * -Math.log(1 - random()))
    recent = [...recent, duration].slice(-50)
    return { ...job, endsAt: second + duration }
  }
  const work = (worker: Worker, second: number) => {
    for (const job of worker.jobs) if (job.endsAt <= second) end(job, second)
    worker.jobs = worker.jobs.filter(({ endsAt }) => endsAt > second)
    if (worker.startsAt > second || isPaused?.(second)) return
    while (worker.jobs.length < concurrency) {
      const job = backlog.take(second)
      if (!job) return
      worker.jobs.push(begin(job, second))
    }
  }
  const look = (second: number): Work => ({
    ...backlog.look(second),
    active: lost.length + workers.reduce((sum, { jobs }) => sum + jobs.length, 0),
    jobSeconds: recent.length === 0 ? 0.1 : recent.reduce((sum, each) => sum + each, 0) / recent.length,
    isPaused: isPaused?.(second) ?? false,
  })
  const resize = (second: number, count: number) => {
    while (workers.length < count) workers.push(workerFrom(second + startSeconds))
    // A worker that stops finishes its jobs.
    for (const { jobs } of workers.slice(count)) for (const job of jobs) backlog.finish(job)
    workers = workers.slice(0, count)
  }

  return Array.from({ length: simulatedSeconds }, (_, second) => {
    arrive(second)
    die(second)
    if (isFlushed?.(second)) backlog.flush(second)
    backlog.sweep(second)
    for (const worker of workers) work(worker, second)
    const seen = look(second)
    const wanted = wantedWorkers(seen, { concurrency, ...scalingTargets })
    resize(second, scale(second, wanted, workers.length))
    return { second, work: seen, workers: workers.length, wanted }
  })
}
