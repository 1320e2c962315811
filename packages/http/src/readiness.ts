import { answers, type Readiness } from '@goals-tasks/observability'
import type pg from 'pg'

type Pinged = { ping(): Promise<unknown> }

/**
 * Without Postgres the API can do nothing. Without any of `others` it does everything: without the queues' Redis the events
 * wait, without the cache's every read asks Postgres.
 */
export async function readiness(pool: pg.Pool, others: Record<string, Pinged>): Promise<Readiness> {
  const asked: [string, Promise<unknown>][] = [
    ['postgres', pool.query('select 1')],
    ...Object.entries(others).map(([name, redis]): [string, Promise<unknown>] => [name, redis.ping()]),
  ]
  const told = await Promise.all(asked.map(async ([name, answer]) => [name, (await answers(answer)) ? 'ok' : 'away']))
  const checks: Record<string, string> = Object.fromEntries(told)
  if (checks.postgres === 'away') return { status: 'unavailable', checks }
  return { status: Object.values(checks).includes('away') ? 'degraded' : 'ready', checks }
}
