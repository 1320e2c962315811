import type { Readiness } from '@goals-tasks/observability'
import type { Redis } from 'ioredis'
import type pg from 'pg'

/** Without Postgres the API can do nothing; without Redis it does everything, and the events wait. */
export async function readiness(pool: pg.Pool, redis: Redis): Promise<Readiness> {
  const postgres = await pool.query('select 1').then(
    () => 'ok',
    () => 'away',
  )
  const checks = { postgres, redis: redis.status === 'ready' ? 'ok' : 'away' }
  if (postgres === 'away') return { status: 'unavailable', checks }
  return { status: checks.redis === 'ok' ? 'ready' : 'degraded', checks }
}
