import { ownRedis } from '@goals-tasks/devstack/testing'
import { connectProducer } from '@goals-tasks/events'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { classify } from '../src/runtime/processing/classify-error.ts'
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
