import { ownPostgres, ownRedis, startProcess, until } from '@goals-tasks/devstack/testing'
import { type ConsumerName, connectWorker, consumerNames, queuePrefix } from '@goals-tasks/events'
import { startOperations } from '@goals-tasks/operations/testing'
import { Worker } from 'bullmq'
import { expect, onTestFinished, test } from 'vitest'

async function run(env: Record<string, string>, ...args: string[]) {
  const program = startProcess('apps/cli/src/main.ts', env, ['status', ...args])
  const { code } = await program.exit
  return { code, text: program.stdout(), complaint: program.stderr() }
}

/** Someone who works on the consumer's queue. */
async function serve(
  consumer: ConsumerName,
  { REDIS_URL, QUEUE_PREFIX }: Record<'REDIS_URL' | 'QUEUE_PREFIX', string>,
) {
  const connection = connectWorker(REDIS_URL, () => undefined)
  const worker = new Worker(consumer, async () => undefined, {
    connection,
    prefix: queuePrefix(QUEUE_PREFIX, consumer),
  })
  worker.on('error', () => undefined)
  onTestFinished(async () => {
    await worker.close()
    connection.disconnect()
  })
  await worker.waitUntilReady()
}

test('with a worker for everyone and nothing in trouble it is well, and says so in words and in its exit code', async () => {
  const { environment, createGoal, queues } = await startOperations()
  await createGoal()
  await Promise.all(consumerNames.map((consumer) => serve(consumer, environment)))
  await until(async () => (await Promise.all(queues.all.map(({ queue }) => queue.getWorkersCount()))).every(Boolean))
  const { code, text } = await run(environment)
  expect(text).toContain('nothing needs a human')
  expect(text).toMatch(/^sync +0 +0 +0 +0 +1 +1 +\d+ s +0$/m)
  expect(text).toMatch(/^total +0 +0 +0 +0 +3 +\d+ s +0$/m)
  expect(text.split('\n').every((line) => line.length <= 80)).toBe(true)
  expect(text).not.toContain(new URL(environment.DATABASE_URL).password || 'no password')
  expect(code).toBe(0)
})

test('dead letters, an old event, a missing worker and events outside their weeks need a human', async () => {
  const ops = await startOperations()
  const { eventId } = await ops.createDeadLetter('sync', 'no\nsuch receiver')
  await ops.pool.query(
    `insert into deliveries (consumer, event_id) values ('audit-log', uuidv7(interval '-6 minutes'))`,
  )
  await ops.pool.query(
    `insert into events_default (id, position, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
     overriding system value values (uuidv7(interval '60 days'), 0, 't', 'goal', gen_random_uuid(), 1, 0, gen_random_uuid(), '{}')`,
  )
  await serve('sync', ops.environment)
  await ops.queueOf('notifications').queue.pause()
  await until(async () => (await ops.queueOf('sync').queue.getWorkersCount()) === 1)
  const [{ code, text }, json] = await Promise.all([run(ops.environment), run(ops.environment, '--json')])
  expect(code).toBe(1)
  expect(text).toContain('sync: no such receiver')
  expect(text).toContain(`${eventId}, `)
  expect(text).toContain('notifications is paused')
  expect(json.code).toBe(1)
  expect(JSON.parse(json.text)).toMatchObject({
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

test('a Redis that is away or hangs holds nothing up: the rest is told', async () => {
  const redis = await ownRedis()
  const { environment } = await startOperations({ redisUrl: redis.url })
  redis.pause()
  const hung = await run(environment, '--json')
  expect(hung.code).toBe(1)
  expect(JSON.parse(hung.text)).toMatchObject({
    redis: 'away',
    redisError: expect.stringMatching(/timed out|no answer/),
    faults: ['Redis is away: events wait in Postgres'],
    totals: { waiting: null, pendingDeliveries: 0 },
  })
  redis.resume()
  await redis.stop()
  const gone = await run(environment)
  expect(gone).toMatchObject({ code: 1, text: expect.stringMatching(/^Redis +away: .*ECONNREFUSED/m) })
  expect(gone.text).toMatch(/^sync +\? +\? +\? +\? +\? +0 +– +0$/m)
})

test('a Postgres that is away, hangs or lacks the schema leaves nothing to tell', async () => {
  const postgres = await ownPostgres()
  const { environment } = await startOperations()
  const env = { ...environment, DATABASE_URL: postgres.url }
  expect(await run(env)).toMatchObject({ code: 2, text: '', complaint: expect.stringContaining('npm run migrate') })
  postgres.pause()
  const hung = await run(env, '--json')
  expect(hung).toMatchObject({ code: 2, complaint: expect.stringContaining('cannot tell') })
  expect(JSON.parse(hung.text)).toEqual({ error: expect.stringContaining('Postgres at ') })
  postgres.resume()
  await postgres.stop()
  expect(await run(env)).toMatchObject({ code: 2, complaint: expect.stringContaining('ECONNREFUSED') })
})

test('a command line that makes no sense, or no installation, is 2 with the way out', async () => {
  const [option, positional, nowhere, help] = await Promise.all([
    run({}, '--all'),
    run({}, 'sync'),
    run({ DATA_DIR: '/nowhere' }),
    run({}, '--help'),
  ])
  expect(option).toMatchObject({
    code: 2,
    text: '',
    complaint: expect.stringMatching(/--all(.|\n)*Usage: goals-tasks status/),
  })
  expect(positional).toMatchObject({ code: 2, complaint: expect.stringContaining('Usage:') })
  expect(nowhere).toMatchObject({ code: 2, complaint: expect.stringContaining('is `start` running') })
  expect(help).toMatchObject({ code: 0, text: expect.stringContaining('Exit code:'), complaint: '' })
})
