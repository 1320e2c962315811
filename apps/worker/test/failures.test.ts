import { ownRedis } from '@goals-tasks/devstack/testing'
import { connectProducer } from '@goals-tasks/events'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { moveToDeadLetters } from '../src/consumers/results.ts'
import { createSync } from '../src/consumers/sync.ts'
import { classify } from '../src/runtime/processing/classify-error.ts'
import { startReceiver } from './support/receiver.ts'
import { openPool } from './support/rows.ts'

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

test('an error is infrastructure when Postgres cannot be reached', async () => {
  const client = new pg.Client({ connectionString: 'postgres://user:secret@127.0.0.1:1/nowhere' })
  expect(classify(await failureOf(client.connect()))).toBe('infrastructure')
})

test('an error is infrastructure when Postgres ended the connection, during the statement or before it', async () => {
  const pool = await openPool(2)
  const client = await pool.connect()
  client.on('error', () => undefined)
  const ended = failureOf(client.query('select pg_terminate_backend(pg_backend_pid())'))
  expect(classify(await ended)).toBe('infrastructure')
  expect(classify(await failureOf(client.query('select 1')))).toBe('infrastructure')
  client.release(true)
})

test('an error is retried when a transaction ran too long', async () => {
  const pool = await openPool(2)
  const client = await pool.connect()
  client.on('error', () => undefined)
  await client.query(`set transaction_timeout = '20ms'`)
  await client.query('begin')
  expect(classify(await failureOf(client.query('select pg_sleep(1)')))).toBe('retry')
  client.release(true)
})

test('an error is retried when Postgres refuses a statement or it takes too long', async () => {
  const pool = await openPool(2)
  for (const statement of ['select 1 / 0', `set statement_timeout = '10ms'; select pg_sleep(1)`, 'select from nowhere'])
    expect(classify(await failureOf(pool.query(statement)))).toBe('retry')
})

test('an error is infrastructure when Redis is away, hung or full', async () => {
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

test('an event is retried when its receiver is away or refuses it, and dead when the receiver is gone', async () => {
  const event = { id: 'e', aggregateId: 'a', before: null, after: {} } as Parameters<
    ReturnType<typeof createSync>['run']
  >[0]
  const post = (url: string) => createSync({ url, source: '/' }).run(event)
  expect(classify(await failureOf(post('http://127.0.0.1:1/')))).toBe('retry')
  const { url } = await startReceiver((response) => response.writeHead(response.req.url === '/gone' ? 410 : 503).end())
  expect(classify(await failureOf(post(url)))).toBe('retry')
  expect(await post(new URL('/gone', url).href)).toEqual(
    moveToDeadLetters('the receiver answered 410: it is gone for good'),
  )
})
