import { answers, type Readiness } from '@goals-tasks/observability'
import type { Redis } from 'ioredis'
import type pg from 'pg'

/** Without Postgres the API can do nothing; without Redis it does everything, and the events wait. */
export async function readiness(pool: pg.Pool, redis: Redis): Promise<Readiness> {
  const [postgres, queues] = await Promise.all([answers(pool.query('select 1')), answers(redis.ping())])
  const checks = { postgres: postgres ? 'ok' : 'away', redis: queues ? 'ok' : 'away' }
  if (!postgres) return { status: 'unavailable', checks }
  return { status: queues ? 'ready' : 'degraded', checks }
}
