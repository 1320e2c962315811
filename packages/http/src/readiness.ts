import { answers, type Readiness } from '@goals-tasks/observability'
import type pg from 'pg'

type Pingable = { ping(): Promise<unknown> }

/**
 * Reports `unavailable` without Postgres, `degraded` without one of `others`, else `ready`. The `others` are Redis
 * connections by name. Without the Redis of the queues events wait. Without the Redis of the cache every read goes
 * to Postgres.
 */
export async function readiness(pool: pg.Pool, others: Record<string, Pingable>): Promise<Readiness> {
  const pings: [string, Promise<unknown>][] = [
    ['postgres', pool.query('select 1')],
    ...Object.entries(others).map(([name, redis]): [string, Promise<unknown>] => [name, redis.ping()]),
  ]
  const results = await Promise.all(pings.map(async ([name, ping]) => [name, (await answers(ping)) ? 'ok' : 'away']))
  const checks: Record<string, string> = Object.fromEntries(results)
  if (checks.postgres === 'away') return { status: 'unavailable', checks }
  return { status: Object.values(checks).includes('away') ? 'degraded' : 'ready', checks }
}
