import { scalingTargets, wantedWorkers } from '../../../src/scaling/wanted-workers.ts'

/** The events in the life of a consumer, by the second. */
export type Scenario = {
  name: string
  arrivalsPerSecond: (second: number) => number
  jobSeconds: (second: number) => number
  isPaused?: (second: number) => boolean
  /** The part of the workers that dies in this second. */
  deaths?: (second: number) => number
}
export type Moment = { second: number; waiting: number; workers: number; wanted: number }

export const simulatedSeconds = 3_600
export const maximumWorkers = 20
const concurrency = 4
/** The settings of the ScaledObject in `deploy/kubernetes`. */
const pollEverySeconds = 15
const scaleDownWindowSeconds = 300
/** A new worker takes its first job after this time. */
const startSeconds = 10
/** The jobs of a dead worker count as active until their locks have expired. */
const lockSeconds = 20

type Worker = { startsAt: number; jobs: number[] }

/** Runs a consumer and its scaler, second by second. The same scenario leads to the same moments each time. */
export function simulate({ arrivalsPerSecond, jobSeconds, isPaused, deaths }: Scenario): Moment[] {
  const random = createRandom()
  let workers: Worker[] = [{ startsAt: 0, jobs: [] }]
  let lost: number[] = []
  let queue: number[] = []
  let recommendations: { second: number; wanted: number }[] = []
  let recent: number[] = []
  const moments: Moment[] = []

  const arrive = (second: number) => {
    const rate = arrivalsPerSecond(second)
    const count = Math.floor(rate) + (random() < rate % 1 ? 1 : 0)
    for (let i = 0; i < count; i++) queue.push(second)
  }
  const die = (second: number) => {
    const dead = workers.splice(0, Math.round(workers.length * (deaths?.(second) ?? 0)))
    lost.push(...dead.flatMap(({ jobs }) => jobs.map(() => second + lockSeconds)))
    // A supervisor starts each of them again.
    workers.push(...dead.map(() => ({ startsAt: second + startSeconds, jobs: [] })))
    queue.unshift(...lost.filter((until) => until <= second))
    lost = lost.filter((until) => until > second)
  }
  const work = (second: number) => {
    for (const worker of workers) {
      worker.jobs = worker.jobs.filter((endsAt) => endsAt > second)
      if (worker.startsAt > second || isPaused?.(second)) continue
      while (worker.jobs.length < concurrency && queue.length > 0) {
        queue.shift()
        const duration = Math.max(0.1, jobSeconds(second) * -Math.log(1 - random()))
        recent = [...recent, duration].slice(-50)
        worker.jobs.push(second + duration)
      }
    }
  }
  const want = (second: number): number =>
    wantedWorkers(
      {
        ...{ waiting: queue.length, due: 0, scheduled: 0, pendingDeliveries: 0 },
        active: lost.length + workers.reduce((sum, { jobs }) => sum + jobs.length, 0),
        jobSeconds: recent.length === 0 ? 0.1 : recent.reduce((sum, each) => sum + each, 0) / recent.length,
        oldestWaitingSeconds: queue[0] === undefined ? null : second - queue[0],
        isPaused: isPaused?.(second) ?? false,
      },
      { concurrency, ...scalingTargets },
    )
  const scale = (second: number, wanted: number) => {
    recommendations = [...recommendations, { second, wanted }].filter(
      (each) => each.second > second - scaleDownWindowSeconds,
    )
    // A scaler follows a rise at once, and a fall when the whole window agrees.
    const highest = Math.max(...recommendations.map((each) => each.wanted))
    const count = Math.min(maximumWorkers, Math.max(1, wanted > workers.length ? wanted : highest))
    if (count > workers.length)
      for (let i = workers.length; i < count; i++) workers.push({ startsAt: second + startSeconds, jobs: [] })
    else if (count < workers.length) {
      // A worker that stops finishes its jobs.
      workers = workers.slice(0, count)
    }
  }

  for (let second = 0; second < simulatedSeconds; second++) {
    arrive(second)
    die(second)
    work(second)
    const wanted = want(second)
    if (second % pollEverySeconds === 0) scale(second, wanted)
    moments.push({ second, waiting: queue.length, workers: workers.length, wanted })
    queue = queue.slice(0, 100_000)
  }
  return moments
}

/** Returns a generator of numbers from 0 to 1 that always begins with the same ones (mulberry32). */
function createRandom(): () => number {
  let state = 20
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const constant = (value: number) => () => value
const between = (second: number, from: number, to: number) => second >= from && second < to

/** One job of a second keeps a quarter of a worker busy. */
export const scenarios: Scenario[] = [
  { name: 'steady: 10 jobs of 1 s per second', arrivalsPerSecond: constant(10), jobSeconds: constant(1) },
  {
    name: 'burst: 3,000 jobs within 10 s',
    arrivalsPerSecond: (second) => (between(second, 600, 610) ? 300 : 2),
    jobSeconds: constant(0.5),
  },
  {
    name: 'slow: jobs take 6 s for 20 min',
    arrivalsPerSecond: constant(5),
    jobSeconds: (second) => (between(second, 900, 2_100) ? 6 : 1),
  },
  {
    name: 'paused for 10 min',
    arrivalsPerSecond: constant(2),
    jobSeconds: constant(1),
    isPaused: (second) => between(second, 900, 1_500),
  },
  {
    name: 'noisy: 0 to 24 jobs per second',
    arrivalsPerSecond: (second) => 12 + 12 * Math.sin(second / 7) * Math.cos(second / 31),
    jobSeconds: constant(1),
  },
  {
    name: 'dead workers: half of them, each 5 min',
    arrivalsPerSecond: constant(10),
    jobSeconds: constant(1),
    deaths: (second) => (second > 0 && second % 300 === 0 ? 0.5 : 0),
  },
]
