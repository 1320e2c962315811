import { answers, type Readiness } from '@goals-tasks/observability'
import type { Redis } from 'ioredis'
import type pg from 'pg'

/** A worker needs both: it gets its jobs from Redis and finishes them in Postgres. */
export async function readiness(pool: pg.Pool, redis: Redis): Promise<Readiness> {
  const [postgres, queues] = await Promise.all([answers(pool.query('select 1')), answers(redis.ping())])
  const checks = { postgres: postgres ? 'ok' : 'away', redis: queues ? 'ok' : 'away' }
  return { status: postgres && queues ? 'ready' : 'unavailable', checks }
}
