import { recordReceiver } from '@goals-tasks/db'
import { ownPostgres, ownRedis, until } from '@goals-tasks/devstack/testing'
import { type ConsumerName, connectWorker, consumerNames, queuePrefix } from '@goals-tasks/events'
import { startOperations } from '@goals-tasks/operations/testing'
import { Worker } from 'bullmq'
import { expect, onTestFinished, test } from 'vitest'
import { runCli } from './support/run-cli.ts'

const status = (env: Record<string, string>, ...args: string[]) => runCli(env, 'status', ...args)

/** Starts a worker for the queue of a consumer. */
async function startWorker(
  consumer: ConsumerName,
  { REDIS_URL, QUEUE_PREFIX }: Record<'REDIS_URL' | 'QUEUE_PREFIX', string>,
) {
  const connection = connectWorker(REDIS_URL, () => undefined)
  const prefix = queuePrefix(QUEUE_PREFIX, consumer)
  const worker = new Worker(consumer, async () => undefined, { connection, prefix })
  worker.on('error', () => undefined)
  onTestFinished(async () => {
    await worker.close()
    connection.disconnect()
  })
  await worker.waitUntilReady()
}

test('status exits with 0 when every consumer has a worker and nothing failed', async () => {
  const { environment, createGoal, queues } = await startOperations()
  await createGoal()
  await Promise.all(consumerNames.map((consumer) => startWorker(consumer, environment)))
  await until(async () => (await Promise.all(queues.all.map(({ queue }) => queue.getWorkersCount()))).every(Boolean))
  const { code, stdout } = await status(environment)
  expect(stdout).toContain('nothing needs a human')
  expect(stdout).toMatch(/^sync +0 +0 +0 +0 +1 +1 +\d+ s +0$/m)
  expect(stdout).toMatch(/^total +0 +0 +0 +0 +3 +\d+ s +0$/m)
  expect(stdout.split('\n').every((line) => line.length <= 80)).toBe(true)
  expect(stdout).not.toContain(new URL(environment.DATABASE_URL).password || 'no password')
  expect(code).toBe(0)
})

test('status says whether sync has a receiver', async () => {
  const { environment, pool } = await startOperations()
  const screen = async () => (await status(environment)).stdout
  expect(await screen()).toMatch(/^sync has a receiver$/m)
  await recordReceiver(pool, 'sync', false)
  expect(await screen()).toMatch(/^sync has no receiver: SYNC_URL is not set$/m)
})

test('status exits with 1 for dead letters, an old event, missing workers and missing partitions', async () => {
  const operations = await startOperations()
  const { environment, pool } = operations
  const { eventId } = await operations.createDeadLetter('sync', 'no\nsuch receiver')
  await pool.query(`insert into deliveries (consumer, event_id) values ('audit-log', uuidv7(interval '-6 minutes'))`)
  await pool.query(
    `insert into events_default
       (id, position, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
     overriding system value
     values (uuidv7(interval '60 days'), 0, 't', 'goal', gen_random_uuid(), 1, 0, gen_random_uuid(), '{}')`,
  )
  await startWorker('sync', environment)
  await operations.queueOf('notifications').queue.pause()
  await until(async () => (await operations.queueOf('sync').queue.getWorkersCount()) === 1)
  const [screen, json] = await Promise.all([status(environment), status(environment, '--json')])
  expect(screen.code).toBe(1)
  expect(screen.stdout).toContain('sync: no such receiver')
  expect(screen.stdout).toContain(`${eventId}, `)
  expect(screen.stdout).toContain('notifications is paused')
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({
    healthy: false,
    faults: [
      '1 event outside the weekly partitions: run `npm run migrate`',
      'audit-log: no worker',
      'audit-log: an event has been pending for 6 min',
      'cache-invalidation: no worker',
      'notifications: no worker',
      'sync: 1 dead letter to replay or discard',
    ],
    redis: 'ready',
    unpartitionedEvents: 1,
    totals: { pendingDeliveries: 3, deadLetters: 1, waiting: 0 },
  })
})

test('status shows the deliveries when Redis hangs or is stopped', async () => {
  const redis = await ownRedis()
  const { environment } = await startOperations({ redisUrl: redis.url })
  redis.pause()
  const hung = await status(environment, '--json')
  expect(hung.code).toBe(1)
  expect(JSON.parse(hung.stdout)).toMatchObject({
    redis: 'away',
    redisError: expect.stringMatching(/timed out|no answer/),
    faults: ['Redis is away: events wait in Postgres'],
    totals: { waiting: null, pendingDeliveries: 0 },
  })
  redis.resume()
  await redis.stop()
  const stopped = await status(environment)
  expect(stopped).toMatchObject({ code: 1, stdout: expect.stringMatching(/^Redis +away: .*ECONNREFUSED/m) })
  expect(stopped.stdout).toMatch(/^sync +\? +\? +\? +\? +\? +0 +– +0$/m)
})

test('status exits with 1 and the reasons when Redis is a replica and Postgres is read-only', async () => {
  const [redis, master] = await Promise.all([ownRedis(), ownRedis()])
  const { environment, pool, queues } = await startOperations({ redisUrl: redis.url })
  await until(() => queues.available())
  const admin = connectWorker(redis.url, () => undefined)
  onTestFinished(() => admin.disconnect())
  await admin.replicaof('127.0.0.1', Number(new URL(master.url).port))
  const name = new URL(environment.DATABASE_URL).pathname.slice(1)
  await pool.query(`alter database ${name} set default_transaction_read_only = on`)
  const [screen, json] = await Promise.all([status(environment), status(environment, '--json')])
  expect(screen).toMatchObject({ code: 1, stdout: expect.stringMatching(/^Redis +refuses writes: READONLY/m) })
  expect(screen.stdout).toMatch(/^Postgres +refuses writes: read-only/m)
  expect(JSON.parse(json.stdout)).toMatchObject({
    postgres: 'refuses writes',
    redis: 'refuses writes',
    faults: expect.arrayContaining([
      'Postgres refuses writes: read-only: default_transaction_read_only is on',
      expect.stringMatching(/^Redis refuses writes: READONLY/),
    ]),
  })
})

test('status exits with 1 and the reason when Postgres cannot write to its disk', async () => {
  const { environment, pool } = await startOperations()
  const name = new URL(environment.DATABASE_URL).pathname.slice(1)
  await pool.query(`alter database ${name} set temp_file_limit = 0`)
  const { code, stdout } = await status(environment)
  expect(stdout).toMatch(/^Postgres +refuses writes: cannot write to its disk: temporary file size/m)
  expect(stdout).toContain('✖ Postgres refuses writes: cannot write to its disk')
  expect(code).toBe(1)
})

test('status exits with 2 when Postgres lacks the schema, hangs or is stopped', async () => {
  const postgres = await ownPostgres()
  const { environment } = await startOperations()
  const env = { ...environment, DATABASE_URL: postgres.url }
  expect(await status(env)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('npm run migrate') })
  postgres.pause()
  const hung = await status(env, '--json')
  expect(hung).toMatchObject({ code: 2, stderr: expect.stringContaining('no result') })
  expect(JSON.parse(hung.stdout)).toEqual({ error: expect.stringContaining('Postgres at ') })
  postgres.resume()
  await postgres.stop()
  expect(await status(env)).toMatchObject({ code: 2, stderr: expect.stringContaining('ECONNREFUSED') })
})

test('status exits with 2 when the command line is wrong or no installation runs', async () => {
  const [option, positional, nowhere, help] = await Promise.all([
    status({}, '--all'),
    status({}, 'sync'),
    status({ DATA_DIR: '/nowhere' }),
    status({}, '--help'),
  ])
  expect(option).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/--all(.|\n)*Usage: goals-tasks status/),
  })
  expect(positional).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage:') })
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('is `start` running') })
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Exit code:'), stderr: '' })
})
