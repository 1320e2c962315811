import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createDatabase } from '@goals-tasks/db'
import { freshDatabase, ownRedis } from '@goals-tasks/devstack/testing'
import { connectProducer } from '@goals-tasks/events'
import { UnrecoverableError } from 'bullmq'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { sync } from '../../consumers/sync.ts'
import { backoffMs, classify } from './failures.ts'

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
const database = async () => {
  const { pool, close } = createDatabase({
    ...(await freshDatabase()),
    poolSize: 2,
    name: 'test',
    onError: () => undefined,
  })
  onTestFinished(close)
  return pool
}

test('a Postgres that cannot be reached is infrastructure', async () => {
  const client = new pg.Client({ connectionString: 'postgres://user:secret@127.0.0.1:1/nowhere' })
  expect(classify(await failureOf(client.connect()))).toBe('infrastructure')
})

test('a connection that Postgres ends is infrastructure, in the statement and after it', async () => {
  const pool = await database()
  const client = await pool.connect()
  client.on('error', () => undefined)
  const suicide = failureOf(client.query('select pg_terminate_backend(pg_backend_pid())'))
  expect(classify(await suicide)).toBe('infrastructure')
  expect(classify(await failureOf(client.query('select 1')))).toBe('infrastructure')
  client.release(true)
})

test('a transaction that ran too long is the work’s own failure', async () => {
  const pool = await database()
  const client = await pool.connect()
  client.on('error', () => undefined)
  await client.query(`set transaction_timeout = '20ms'`)
  await client.query('begin')
  expect(classify(await failureOf(client.query('select pg_sleep(1)')))).toBe('passing')
  client.release(true)
})

test('a statement that Postgres refuses or that takes too long is the work’s own failure', async () => {
  const pool = await database()
  for (const statement of ['select 1 / 0', `set statement_timeout = '10ms'; select pg_sleep(1)`, 'select from nowhere'])
    expect(classify(await failureOf(pool.query(statement)))).toBe('passing')
})

test('a Redis that is away, hung or full is infrastructure', async () => {
  const redis = await ownRedis()
  const connection = connectProducer(redis.url, () => undefined)
  onTestFinished(() => connection.disconnect())
  expect(classify(await failureOf(connection.set('a', '1')))).toBe('infrastructure')
  await new Promise((resolve) => connection.once('ready', resolve))
  await connection.config('SET', 'maxmemory', '1')
  expect(classify(await failureOf(connection.set('a', '1')))).toBe('infrastructure')
  redis.pause()
  expect(classify(await failureOf(connection.ping()))).toBe('infrastructure')
})

test('a receiver outside that is away or refuses is the work’s own failure, one that is gone is final', async () => {
  const event = { id: 'e', aggregateId: 'a', before: null, after: {} } as Parameters<typeof sync.run>[1]
  const post = (url: string) =>
    failureOf(sync.run({ sync: { url, source: '/' } } as Parameters<typeof sync.run>[0], event))
  expect(classify(await post('http://127.0.0.1:1/'))).toBe('passing')
  const server = createServer((request, response) => response.writeHead(request.url === '/gone' ? 410 : 503).end())
  await new Promise<void>((resolve) => server.listen(0, resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  expect(classify(await post(`http://127.0.0.1:${port}/`))).toBe('passing')
  expect(classify(await post(`http://127.0.0.1:${port}/gone`))).toBe('final')
})

test('whatever else is thrown is a failure that may pass', () => {
  expect(classify(new Error('Connection problems of my own'))).toBe('passing')
  expect(classify('a string')).toBe('passing')
  expect(classify(new UnrecoverableError('never'))).toBe('final')
})

test('the backoff grows exponentially up to its cap and spreads from nothing to its bound', () => {
  const policy = { baseMs: 100, capMs: 1_000 }
  const bounds = [1, 2, 3, 4, 5, 60].map((failures) => backoffMs(failures, policy, () => 1))
  expect(bounds).toEqual([100, 200, 400, 800, 1_000, 1_000])
  expect(backoffMs(3, policy, () => 0)).toBe(0)
  expect(backoffMs(3, policy, () => 0.5)).toBe(200)
})
