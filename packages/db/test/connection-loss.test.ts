import { createServer } from 'node:net'
import pg from 'pg'
import { expect } from 'vitest'
import { isConnectionLoss } from '../src/engine/connection-loss.ts'
import { openDatabase, test } from './support/database-test.ts'

const errorOf = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error)

test('an error is a connection loss when the server is absent, silent, or was disconnected', async () => {
  expect(isConnectionLoss(await errorOf(new pg.Client('postgres://localhost:1/x').connect()))).toBe(true)

  const { url, close } = await openDatabase({ poolSize: 1 })
  const client = new pg.Client({ connectionString: url, query_timeout: 50 })
  client.on('error', () => undefined)
  await client.connect()
  expect(isConnectionLoss(await errorOf(client.query('select pg_sleep(1)')))).toBe(true)
  await client.end()
  expect(isConnectionLoss(await errorOf(client.query('select 1')))).toBe(true)
  await close()

  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as { port: number }
  const pool = new pg.Pool({ host: '127.0.0.1', port, connectionTimeoutMillis: 50 })
  expect(isConnectionLoss(await errorOf(pool.query('select 1')))).toBe(true)
  await pool.end()
  silent.close()
})

test('an error is no connection loss when Postgres sent it', async ({ pool }) => {
  expect(isConnectionLoss(await errorOf(pool.query('select 1/0')))).toBe(false)
  expect(isConnectionLoss(new Error('no'))).toBe(false)
})

test('the timeout of a query is longer than the timeout of its statement on the server', async ({ pool }) => {
  const { rows } = await pool.query(
    `select extract(epoch from current_setting('statement_timeout')::interval) * 1000 as ms`,
  )
  expect(pool.options.query_timeout).toBeGreaterThan(Number(rows[0].ms))
})
