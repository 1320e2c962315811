import { migrate } from '@goals-tasks/db'
import { ownPostgres, ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import {
  countRows,
  createInstallation,
  type Installation,
  pendingDeliveries,
  queueOf,
  startWorker,
  writeGoals,
} from './harness.ts'

const isDrained = (on: Installation) =>
  until(async () => expect(await pendingDeliveries(on.pool)).toEqual({}), { timeoutMs: 20_000 })
const waits = (on: Installation, consumer: string) =>
  on.lines.some((line) => line.msg === 'waiting for Postgres or Redis' && line.consumer === consumer)

test('with Postgres away a full queue waits: no attempt, no split, no dead letter, and then everything drains', async () => {
  const postgres = await ownPostgres()
  await migrate(postgres.url)
  const on = await createInstallation({ databaseUrl: postgres.url })
  const events = await writeGoals(on, 200)
  const queue = queueOf(on, 'audit-log')

  await postgres.stop()
  for (let i = 0; i < events.length; i += 10) {
    on.dispatcher.dispatch(events.slice(i, i + 10))
    await on.dispatcher.flush()
  }
  startWorker(on, { timings: { sweepEveryMs: 50 } })
  await until(() => ['audit-log', 'cache-invalidation', 'sync'].every((consumer) => waits(on, consumer)))
  const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed')
  expect(counts).toEqual({ waiting: 16, active: 4, delayed: 0, failed: 0 })

  await postgres.start()
  await isDrained(on)
  expect(await countRows(on.pool, 'goal_audit_log')).toBe(200)
  expect(await countRows(on.pool, 'dead_letters')).toBe(0)
  expect(on.lines.filter((line) => line.attempt !== undefined)).toEqual([])
  await until(async () => (await queue.getJobCountByTypes('completed')) === 20)
  expect(await queue.getJobCountByTypes('failed')).toBe(0)
})

test('Postgres dies under running transactions, and none of them is lost or done twice', async () => {
  const postgres = await ownPostgres()
  await migrate(postgres.url)
  const on = await createInstallation({ databaseUrl: postgres.url })
  const events = await writeGoals(on, 300)
  startWorker(on, { timings: { leaseMs: 1_000, sweepEveryMs: 100 } })
  for (let i = 0; i < events.length; i += 5) {
    on.dispatcher.dispatch(events.slice(i, i + 5))
    await on.dispatcher.flush()
  }
  await postgres.kill()
  await postgres.start()
  // This server commits without waiting for its disk: a kill may take back the last effects, and writes, of all.
  await on.pool.query('update deliveries set due_at = now()')
  await isDrained(on)
  expect(await countRows(on.pool, 'goal_audit_log')).toBe(await countRows(on.pool, 'events'))
  expect(await countRows(on.pool, 'events')).toBeGreaterThan(0)
  expect(await countRows(on.pool, 'dead_letters')).toBe(0)
})

test('a Redis that comes back empty costs no event', async () => {
  const redis = await ownRedis()
  const on = await createInstallation({ redisUrl: redis.url })
  on.dispatcher.dispatch(await writeGoals(on, 50))
  await on.dispatcher.flush()
  await on.producer.flushall()
  await on.pool.query(`update deliveries set due_at = now()`)
  await redis.stop()
  startWorker(on, { timings: { leaseMs: 1_000, sweepEveryMs: 100 } })
  on.dispatcher.dispatch(await writeGoals(on, 1))
  await on.pool.query(`update deliveries set due_at = now()`)
  await redis.start()
  await isDrained(on)
  expect(await countRows(on.pool, 'goal_audit_log')).toBe(51)
})

test('a Redis that dies and returns under idle workers is used again', async () => {
  const redis = await ownRedis()
  const on = await createInstallation({ redisUrl: redis.url })
  startWorker(on)
  on.dispatcher.dispatch(await writeGoals(on, 1))
  await isDrained(on)
  await redis.kill()
  await redis.start()
  await until(() => on.producer.status === 'ready')
  on.dispatcher.dispatch(await writeGoals(on, 1))
  await isDrained(on)
})

test('with the Redis of the cache away invalidations wait, without an attempt', async () => {
  const cacheRedis = await ownRedis()
  const on = await createInstallation()
  await cacheRedis.stop()
  startWorker(on, { serve: ['cache-invalidation'], cacheUrl: cacheRedis.url })
  on.dispatcher.dispatch(await writeGoals(on, 3))
  await until(() => waits(on, 'cache-invalidation'))
  expect((await pendingDeliveries(on.pool))['cache-invalidation']).toBe(3)
  await cacheRedis.start()
  await until(async () => (await pendingDeliveries(on.pool))['cache-invalidation'] === undefined)
  expect(on.lines.filter((line) => line.attempt !== undefined)).toEqual([])
})

test('a worker that stops while it waits for Postgres puts its jobs back for the next one', async () => {
  const postgres = await ownPostgres()
  await migrate(postgres.url)
  const on = await createInstallation({ databaseUrl: postgres.url })
  on.dispatcher.dispatch(await writeGoals(on, 5))
  await on.dispatcher.flush()
  await postgres.stop()
  const first = startWorker(on)
  await until(() => waits(on, 'audit-log'))
  await first.close()
  const queue = queueOf(on, 'audit-log')
  expect(await queue.getJobCounts('waiting', 'active', 'failed')).toEqual({ waiting: 1, active: 0, failed: 0 })
  await postgres.start()
  startWorker(on)
  await isDrained(on)
})

test('a Redis that is full costs little to wait for, and the work goes on when there is room', async () => {
  const redis = await ownRedis()
  const on = await createInstallation({ redisUrl: redis.url })
  for (const event of await writeGoals(on, 50)) {
    on.dispatcher.dispatch([event])
    await on.dispatcher.flush()
  }
  await on.producer.config('SET', 'maxmemory', '1')
  startWorker(on)
  const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await on.producer.info('stats'))?.[1])
  await until(() => on.lines.filter((line) => line.msg === 'the worker is in trouble').length === 4)
  const [before, startedAt] = [await commands(), performance.now()]
  await until(() => performance.now() - startedAt > 1_500)
  // Unbraked, four idle consumers ask thirty thousand times per second.
  expect(((await commands()) - before) / 1.5).toBeLessThan(1_000)
  await on.producer.config('SET', 'maxmemory', '0')
  await isDrained(on)
})
