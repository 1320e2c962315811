import type { Readiness } from '@goals-tasks/observability'
import type { Redis } from 'ioredis'
import type pg from 'pg'

const answerWithinMs = 2_000

/** A worker needs both: without Redis nothing reaches it, without Postgres it can finish nothing. */
export async function readiness(pool: pg.Pool, redis: Redis): Promise<Readiness> {
  const [postgres, queue] = await Promise.all([answer(pool.query('select 1')), answer(redis.ping())])
  const checks = { postgres, redis: queue }
  return { status: postgres === 'ok' && queue === 'ok' ? 'ready' : 'unavailable', checks }
}

async function answer(asked: Promise<unknown>): Promise<'ok' | 'away'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'away'>((resolve) => {
    timer = setTimeout(() => resolve('away'), answerWithinMs)
  })
  const answered = asked.then(
    () => 'ok' as const,
    () => 'away' as const,
  )
  return Promise.race([answered, late]).finally(() => clearTimeout(timer))
}
