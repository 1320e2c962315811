import { ownPostgres, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
import { createDatabase } from '../src/engine/client.ts'

/** Opens a pool, and records what it reports. */
async function connect({ statementTimeoutMs = 30_000 } = {}) {
  const postgres = await ownPostgres()
  const reports: ('failed' | 'ready')[] = []
  const outage = { failed: () => void reports.push('failed'), ready: () => void reports.push('ready') }
  const { pool, close } = createDatabase({
    ...{ url: postgres.url, poolSize: 2, name: 'test', statementTimeoutMs, outage },
    onError: () => undefined,
  })
  onTestFinished(close)
  return { postgres, pool, reports }
}

test('a pool reports an outage when Postgres is stopped, and its end when Postgres is back', async () => {
  const { postgres, pool, reports } = await connect()
  await pool.query('select 1')
  expect(reports).not.toContain('failed')
  await postgres.stop()
  await expect(pool.query('select 1')).rejects.toThrow('ECONNREFUSED')
  expect(reports.at(-1)).toBe('failed')
  await postgres.start()
  await pool.query('select 1')
  expect(reports.at(-1)).toBe('ready')
})

test('a pool reports an outage when Postgres hangs, and its end when Postgres goes on', async () => {
  const { postgres, pool, reports } = await connect({ statementTimeoutMs: 1_000 })
  await pool.query('select 1')
  postgres.pause()
  // The first query uses the open connection, the second one opens another.
  await Promise.all([
    expect(pool.query('select 1')).rejects.toThrow('Query read timeout'),
    expect(pool.query('select 1')).rejects.toThrow('timeout'),
  ])
  await until(() => reports.filter((report) => report === 'failed').length === 2)
  postgres.resume()
  await pool.query('select 1')
  expect(reports.at(-1)).toBe('ready')
})

test('a pool reports no outage when Postgres refuses a statement or ends one session', async () => {
  const { pool, reports } = await connect()
  await expect(pool.query('select 1/0')).rejects.toThrow('division by zero')
  await expect(pool.query('select pg_terminate_backend(pg_backend_pid())')).rejects.toThrow('terminating connection')
  expect(reports).not.toContain('failed')
})
