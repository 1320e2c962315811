import { createServer } from 'node:net'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createDatabase } from './client.ts'
import { isConnectionLoss } from './connection-loss.ts'

const failure = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error)

test('a server that is not there, that went or that is silent is a lost connection', async () => {
  expect(isConnectionLoss(await failure(new pg.Client('postgres://localhost:1/x').connect()))).toBe(true)

  const { url } = await freshDatabase()
  const client = new pg.Client({ connectionString: url, query_timeout: 50 })
  client.on('error', () => undefined)
  await client.connect()
  expect(isConnectionLoss(await failure(client.query('select pg_sleep(1)')))).toBe(true)
  await client.end()
  expect(isConnectionLoss(await failure(client.query('select 1')))).toBe(true)

  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as { port: number }
  const pool = new pg.Pool({ host: '127.0.0.1', port, connectionTimeoutMillis: 50 })
  expect(isConnectionLoss(await failure(pool.query('select 1')))).toBe(true)
  await pool.end()
  silent.close()
})

test('what Postgres answered is none', async () => {
  const database = createDatabase({ ...(await freshDatabase()), poolSize: 1, name: 'test', onError: () => undefined })
  expect(isConnectionLoss(await failure(database.pool.query('select 1/0')))).toBe(false)
  expect(isConnectionLoss(new Error('no'))).toBe(false)
  await database.close()
})

test('a query that the server does not answer ends by itself, after the limit of the server', async () => {
  const database = createDatabase({ ...(await freshDatabase()), poolSize: 1, name: 'test', onError: () => undefined })
  const { rows } = await database.pool.query(
    `select extract(epoch from current_setting('statement_timeout')::interval) * 1000 as ms`,
  )
  expect(database.pool.options.query_timeout).toBeGreaterThan(Number(rows[0].ms))
  await database.close()
})
