import type { Publish } from '@goals-tasks/db'
import type { AnyRedis, ConsumerName, DeadQueue, JobData, Policy } from '@goals-tasks/events'
import type { Queue } from 'bullmq'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { Consumer } from '../consumers/contract.ts'
import type { Metrics } from './metrics.ts'
import type { ConsumerProgress } from './progress.ts'
import type { Timings } from './timings.ts'

/** Whether the consumer is paused, as this process knows it. Null before the first look. */
export type PauseState = { isPaused: boolean | null }

/** One consumer in this process, with everything that the parts of the runtime share for it. */
export type Context<C extends ConsumerName = ConsumerName> = {
  name: C
  consumer: Consumer<C>
  policy: Policy
  timings: Timings
  pool: pg.Pool
  /** A producer's connection: its commands fail fast when Redis is away. */
  redis: AnyRedis
  queue: Queue<JobData>
  deadQueue: DeadQueue
  /** Handles the events that a consumer emits, after their commit. */
  publish: Publish
  metrics: Metrics
  log: Logger
  /** Aborts when the process stops. Ends every wait. */
  signal: AbortSignal
  onOutage: (error: unknown) => void
  progress: ConsumerProgress
  /** Call after each attempt of any kind. */
  onProgress: () => void
  pause: PauseState
}
