import { findDatabaseWriteRefusal } from '@goals-tasks/db'
import { type Check, checkReadiness, type Readiness } from '@goals-tasks/observability'
import type pg from 'pg'

/**
 * Reports `unavailable` without a Postgres that takes writes, `degraded` without one of the `optional` services, else
 * `ready`. Without the Redis of the queues events wait. Without the Redis of the cache every read goes to Postgres.
 */
export const readiness = (pool: pg.Pool, optional: Record<string, Check>): Promise<Readiness> =>
  checkReadiness({ required: { postgres: () => findDatabaseWriteRefusal(pool) }, optional })
