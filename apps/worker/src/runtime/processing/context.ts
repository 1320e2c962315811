import type { ConsumerName, DeadQueue, Dispatcher, JobData, Policy } from '@goals-tasks/events'
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { Consumer, ConsumerDeps } from '../../consumers/types.ts'
import type { Metrics } from '../../metrics.ts'
import type { Timings } from '../timings.ts'

/** One consumer at work in this process, and everything that its parts share. */
export type Context<C extends ConsumerName = ConsumerName> = {
  name: C
  consumer: Consumer<C>
  policy: Policy
  timings: Timings
  pool: pg.Pool
  /** A producer's connection: it fails fast. */
  redis: Redis
  queue: Queue<JobData>
  deadQueue: DeadQueue
  dispatcher: Dispatcher
  deps: ConsumerDeps
  metrics: Metrics
  log: Logger
  /** Ends every waiting when the process stops. */
  signal: AbortSignal
  onOutage: (error: unknown) => void
  progress: Progress
}

/** When this process last got anything done for the consumer, whatever came of it, and how many jobs it has in hand. */
export type Progress = { last: number; running: number }

export const noteProgress = (progress: Progress): void => {
  progress.last = performance.now()
}
