import type { Readiness } from '@goals-tasks/observability'
import type { Redis } from 'ioredis'
import type pg from 'pg'

/** Without Postgres the API can do nothing; without Redis it does everything, and the events wait. */
export async function readiness(pool: pg.Pool, redis: Redis): Promise<Readiness> {
  const [postgres, queues] = await Promise.all([pool.query('select 1').then(ok, away), ping(redis).then(ok, away)])
  const checks = { postgres, redis: queues }
  if (postgres === 'away') return { status: 'unavailable', checks }
  return { status: queues === 'ok' ? 'ready' : 'degraded', checks }
}

const ok = () => 'ok'
const away = () => 'away'

/** A Redis that hangs keeps its connection: only an answer tells. The connection's command time-out bounds the wait. */
async function ping(redis: Redis): Promise<void> {
  if (redis.status !== 'ready') throw new Error('not connected')
  await redis.ping()
}
