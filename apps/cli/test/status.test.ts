import { recordReceiver, setPause } from '@goals-tasks/db'
import { ownPostgres, ownRedis, until } from '@goals-tasks/devstack/testing'
import { connectWorker } from '@goals-tasks/events'
import { loadStatus } from '@goals-tasks/operations'
import { startOperations } from '@goals-tasks/operations/testing'
import { expect, onTestFinished, test } from 'vitest'
import { createReport, type StatusReport } from '../src/status/report.ts'
import { statusScreen } from '../src/status/screen.ts'
import { runCli } from './support/run-cli.ts'
import { recordWorker } from './support/set-up.ts'

const status = (env: Record<string, string>, ...args: string[]) => runCli(env, 'status', ...args)

test('status exits with 0 when every consumer has a worker and nothing failed', async () => {
  const operations = await startOperations()
  const { environment } = operations
  await operations.createGoal()
  await recordWorker(operations)
  const { code, stdout } = await status(environment)
  expect(stdout).toContain('nothing needs a human')
  expect(stdout).toContain('Processes: 1 worker (1.2.3)')
  expect(stdout).toMatch(/^Reminders: made up to \d+ (s|min) ago$/m)
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

test('status exits with 1 for dead letters, late events and reminders, missing workers and partitions', async () => {
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
  await pool.query(`update reminder_progress set made_until = now() - interval '2 hours'`)
  await recordWorker(operations, ['sync'])
  await operations.queueOf('notifications').queue.pause()
  const [screen, json] = await Promise.all([status(environment), status(environment, '--json')])
  expect(screen.code).toBe(1)
  expect(screen.stdout).toContain('sync: no such receiver')
  expect(screen.stdout).toContain(`${eventId}, `)
  expect(screen.stdout).toContain('The queue of notifications is paused in Redis')
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({
    healthy: false,
    faults: [
      '1 event outside the weekly partitions: run `npm run migrate`',
      'reminders are 2 h late: look for “the reminders cannot be made” in the log',
      'audit-log: no process runs it',
      'audit-log: an event has been pending for 6 min',
      'cache-invalidation: no process runs it',
      'notifications: no process runs it',
      'sync: 1 dead letter to replay or discard',
      'email: no process runs it',
    ],
    redis: 'ready',
    unpartitionedEvents: 1,
    totals: { pendingDeliveries: 3, deadLetters: 1, waiting: 0 },
  })
})

test('status shows a pause, and needs a human when it lasts for more than an hour', async () => {
  const operations = await startOperations()
  const { pool } = operations
  const report = async () => createReport(await loadStatus(operations), null)
  const places = { postgres: 'here', redis: 'here' }
  await recordWorker(operations)
  await pool.query(`insert into deliveries (consumer, event_id) values ('sync', uuidv7(interval '-50 minutes'))`)
  await setPause(pool, { consumer: 'sync', isPaused: true, actor: 'ada', reason: 'the receiver moves' })
  const fresh = await report()
  expect(fresh.faults).toEqual([])
  expect(statusScreen(fresh, { places, width: 100 })).toMatch(/^sync is paused since .* by ada: the receiver moves$/m)
  await pool.query(`update consumer_pauses set since = now() - interval '61 minutes'`)
  expect((await report()).faults).toEqual(['sync: paused for 1 h by ada: the receiver moves'])
})

test('status counts the webhooks by health, and those that are paused', async () => {
  const operations = await startOperations()
  const { pool } = operations
  const screen = async () =>
    statusScreen(createReport(await loadStatus(operations), null), {
      places: { postgres: 'here', redis: 'here' },
      width: 120,
    })
  expect(await screen()).toMatch(/^Webhooks: {2}none$/m)
  const { rows } = await pool.query(
    `insert into webhooks (owner_id, url, secret, health)
     select gen_random_uuid(), 'https://hooks.example/', '', health
     from unnest('{suspended,healthy,healthy}'::text[]) health returning id`,
  )
  await setPause(pool, { consumer: `sync/${rows[0].id}`, isPaused: true, actor: 'ada', reason: 'it moves' })
  expect(await screen()).toMatch(/^Webhooks: {2}2 healthy, 1 suspended, 1 paused$/m)
})

test('status shows the sync runs that are not over, and needs a human when one has no delivery', async () => {
  const operations = await startOperations()
  const { pool } = operations
  const report = async () => createReport(await loadStatus(operations), null)
  const screenOf = (shown: StatusReport) =>
    statusScreen(shown, { places: { postgres: 'here', redis: 'here' }, width: 80 })
  await recordWorker(operations)
  expect(screenOf(await report())).not.toContain('Sync runs')
  await pool.query(
    `with run as (
       insert into sync_runs (owner_id, webhook_id, with_goals, with_tasks, state, created_at)
       select gen_random_uuid(), gen_random_uuid(), true, true, state, now() - interval '5 minutes'
       from unnest('{pending,running,running}'::text[]) state returning event_id, webhook_id
     ) insert into deliveries (consumer, event_id, target) select 'sync', event_id, webhook_id::text from run`,
  )
  const fine = await report()
  expect(fine.faults).toEqual([])
  expect(screenOf(fine)).toMatch(/^Sync runs: 2 running, 1 pending, the oldest began 5 min ago$/m)
  await pool.query(`delete from deliveries where event_id in (select event_id from sync_runs where state = 'pending')`)
  const stuck = await report()
  expect(stuck).toMatchObject({ healthy: false, syncRuns: { pending: 1, running: 2, stuck: 1 } })
  expect(screenOf(stuck)).toContain('✖ 1 stuck sync run: replay the dead letters of type sync:triggered')
})

test('status shows the deliveries when Redis hangs or is stopped', async () => {
  const redis = await ownRedis()
  const operations = await startOperations({ redisUrl: redis.url })
  const { environment } = operations
  await recordWorker(operations)
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
  expect(stopped.stdout).toMatch(/^sync +\? +\? +\? +\? +1 +0 +– +0$/m)
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
