import { type AddressInfo, createServer } from 'node:net'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { createDatabase } from '../src/engine/client.ts'
import { isConnectionLoss } from '../src/engine/connection-loss.ts'
import { inTransaction } from '../src/engine/transaction.ts'
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
  const { port } = silent.address() as AddressInfo
  const pool = new pg.Pool({ host: '127.0.0.1', port, connectionTimeoutMillis: 50 })
  expect(isConnectionLoss(await errorOf(pool.query('select 1')))).toBe(true)
  await pool.end()
  silent.close()
})

test('an error is no connection loss when Postgres sent it', async ({ pool }) => {
  expect(isConnectionLoss(await errorOf(pool.query('select 1/0')))).toBe(false)
  expect(isConnectionLoss(new Error('no'))).toBe(false)
})

/** Encodes a message of the server: its type, the length of the rest, and the rest. */
function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + body.length)
  return Buffer.concat([Buffer.from(type), length, body])
}

test('a session that ends in the moment in which it begins rejects its transaction and no process dies', async () => {
  const welcome = [message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))]
  const end = message('E', Buffer.from('SFATAL\0C57P01\0Mthe server stops\0\0'))
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(Buffer.concat([...welcome, end])))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `postgres://127.0.0.1:${port}/x?sslmode=disable`
  const { pool, close } = createDatabase({ url, poolSize: 1, name: 'test', onError: () => undefined })
  onTestFinished(async () => {
    await close()
    server.close()
  })
  const error = await errorOf(
    inTransaction(
      pool,
      () => undefined,
      ({ query }) => query('select 1'),
    ),
  )
  expect(isConnectionLoss(error)).toBe(true)
  expect(await errorOf(pool.query('select 1'))).toMatchObject({ code: '57P01' })
})

test('the timeout of a query is longer than the timeout of its statement on the server', async ({ pool }) => {
  const { rows } = await pool.query(
    `select extract(epoch from current_setting('statement_timeout')::interval) * 1000 as ms`,
  )
  expect(pool.options.query_timeout).toBeGreaterThan(Number(rows[0].ms))
})
