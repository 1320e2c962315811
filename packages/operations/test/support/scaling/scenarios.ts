/** The events in the life of a consumer, by the second. */
export type Scenario = {
  name: string
  arrivalsPerSecond: (second: number) => number
  jobSeconds: (second: number) => number
  isPaused?: (second: number) => boolean
  /** The part of the workers that dies in this second. */
  deaths?: (second: number) => number
  /** The part of the attempts that fails. */
  failing?: (second: number) => number
  /** Redis loses all its jobs in this second. */
  isFlushed?: (second: number) => boolean
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
    failing: constant(0.1),
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
  {
    name: 'failing: half of the attempts for 20 min',
    arrivalsPerSecond: constant(10),
    jobSeconds: constant(1),
    failing: (second) => (between(second, 900, 2_100) ? 0.5 : 0),
  },
  {
    name: 'flushed: Redis loses all jobs after a burst',
    arrivalsPerSecond: (second) => (between(second, 840, 900) ? 40 : 5),
    jobSeconds: constant(1),
    isFlushed: (second) => second === 900,
  },
]
