import { findDatabaseWriteRefusal } from '@goals-tasks/db'
import { type AnyRedis, findQueueWriteRefusal } from '@goals-tasks/events'
import { checkReadiness, type Readiness } from '@goals-tasks/observability'
import type pg from 'pg'

/**
 * A worker needs both, and both must take writes: it takes its jobs from Redis and finishes them in Postgres. `prefix`
 * is the prefix of the queues.
 */
export const readiness = (pool: pg.Pool, redis: AnyRedis, prefix: string): Promise<Readiness> =>
  checkReadiness({
    required: { postgres: () => findDatabaseWriteRefusal(pool), redis: () => findQueueWriteRefusal(redis, prefix) },
  })
