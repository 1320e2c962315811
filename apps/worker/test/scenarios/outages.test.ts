import { migrate } from '@goals-tasks/db'
import { ownPostgres, ownRedis, until } from '@goals-tasks/devstack/testing'
import { consumerNames } from '@goals-tasks/events'
import { expect } from 'vitest'
import { createInstallation, type Installation } from '../support/installation.ts'
import { queueOf } from '../support/queue-of.ts'
import { countRows, makeDue, pendingDeliveries, untilDrained } from '../support/rows.ts'
import { test } from '../support/test.ts'
import { startWorker } from '../support/test-worker.ts'
import { writeGoals } from '../support/writer.ts'

const isWaiting = ({ lines }: Installation, consumer: string) =>
  lines.some((line) => line.msg === 'waiting for Postgres or Redis' && line.consumer === consumer)
const attempts = ({ lines }: Installation) => lines.filter((line) => line.attempt !== undefined)

async function withOwnPostgres() {
  const postgres = await ownPostgres()
  await migrate(postgres.url)
  return { postgres, installation: await createInstallation({ databaseUrl: postgres.url }) }
}

async function withOwnRedis() {
  const redis = await ownRedis()
  return { redis, installation: await createInstallation({ redisUrl: redis.url }) }
}

/** Dispatches the events in jobs of `size`. */
async function enqueueInJobsOf(
  size: number,
  { dispatcher }: Installation,
  events: Parameters<typeof dispatcher.dispatch>[0],
) {
  for (let i = 0; i < events.length; i += size) {
    dispatcher.dispatch(events.slice(i, i + size))
    await dispatcher.flush()
  }
}

test('a full queue waits without attempts, splits or dead letters when Postgres is away', async () => {
  const { postgres, installation } = await withOwnPostgres()
  const events = await writeGoals(installation, 200)
  const queue = queueOf(installation, 'audit-log')

  await postgres.stop()
  await enqueueInJobsOf(10, installation, events)
  startWorker(installation, { timings: { sweepEveryMs: 50 } })
  await until(() => ['audit-log', 'cache-invalidation', 'sync'].every((consumer) => isWaiting(installation, consumer)))
  const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed')
  expect(counts).toEqual({ waiting: 16, active: 4, delayed: 0, failed: 0 })

  await postgres.start()
  await untilDrained(installation)
  expect(await countRows(installation.pool, 'goal_audit_log')).toBe(200)
  expect(await countRows(installation.pool, 'dead_letters')).toBe(0)
  expect(attempts(installation)).toEqual([])
  await until(async () => (await queue.getJobCountByTypes('completed')) === 20)
  expect(await queue.getJobCountByTypes('failed')).toBe(0)
})

test('no event is lost or done twice when Postgres dies during its transactions', async () => {
  const { postgres, installation } = await withOwnPostgres()
  const { pool } = installation
  const events = await writeGoals(installation, 300)
  startWorker(installation, { timings: { leaseMs: 1_000, sweepEveryMs: 100 } })
  await enqueueInJobsOf(5, installation, events)
  await postgres.kill()
  await postgres.start()
  // This server commits without waiting for its disk, so a kill may lose the last commits, events included.
  await makeDue(pool)
  await untilDrained(installation)
  expect(await countRows(pool, 'goal_audit_log')).toBe(await countRows(pool, 'events'))
  expect(await countRows(pool, 'events')).toBeGreaterThan(0)
  expect(await countRows(pool, 'dead_letters')).toBe(0)
})

test('no event is lost when Redis comes back empty', async () => {
  const { redis, installation } = await withOwnRedis()
  const { pool, dispatcher } = installation
  dispatcher.dispatch(await writeGoals(installation, 50))
  await dispatcher.flush()
  await installation.producer.flushall()
  await makeDue(pool)
  await redis.stop()
  startWorker(installation, { timings: { leaseMs: 1_000, sweepEveryMs: 100 } })
  dispatcher.dispatch(await writeGoals(installation, 1))
  await makeDue(pool)
  await redis.start()
  await untilDrained(installation)
  expect(await countRows(pool, 'goal_audit_log')).toBe(51)
})

test('an idle worker uses Redis again when it died and returned', async () => {
  const { redis, installation } = await withOwnRedis()
  startWorker(installation)
  installation.dispatcher.dispatch(await writeGoals(installation, 1))
  await untilDrained(installation)
  await redis.kill()
  await redis.start()
  await until(() => installation.producer.status === 'ready')
  installation.dispatcher.dispatch(await writeGoals(installation, 1))
  await untilDrained(installation)
})

test('a worker stops although its connections have not reached the Redis yet that answers again', async () => {
  const { redis, installation } = await withOwnRedis()
  // A worker opens its connections in any order, so the first one may find them all open.
  for (let i = 0; i < 3; i++) {
    const worker = startWorker(installation)
    installation.dispatcher.dispatch(await writeGoals(installation, 1))
    await untilDrained(installation)
    await redis.kill()
    await until(() => installation.producer.status === 'reconnecting')
    await redis.start()
    await until(() => installation.producer.status === 'ready')
    await worker.close()
  }
})

test('invalidations wait without an attempt while the Redis of the cache is away', async ({ installation }) => {
  const { pool, dispatcher } = installation
  const cacheRedis = await ownRedis()
  await cacheRedis.stop()
  startWorker(installation, { serve: ['cache-invalidation'], cacheUrl: cacheRedis.url })
  dispatcher.dispatch(await writeGoals(installation, 3))
  await until(() => isWaiting(installation, 'cache-invalidation'))
  expect((await pendingDeliveries(pool))['cache-invalidation']).toBe(3)
  await cacheRedis.start()
  await until(async () => (await pendingDeliveries(pool))['cache-invalidation'] === undefined)
  expect(attempts(installation)).toEqual([])
})

test('a worker returns its jobs to the queue when it stops while it waits for Postgres', async () => {
  const { postgres, installation } = await withOwnPostgres()
  installation.dispatcher.dispatch(await writeGoals(installation, 5))
  await installation.dispatcher.flush()
  await postgres.stop()
  const first = startWorker(installation)
  await until(() => isWaiting(installation, 'audit-log'))
  await first.close()
  const queue = queueOf(installation, 'audit-log')
  expect(await queue.getJobCounts('waiting', 'active', 'failed')).toEqual({ waiting: 1, active: 0, failed: 0 })
  await postgres.start()
  startWorker(installation)
  await untilDrained(installation)
})

test('a worker sends few commands while Redis is full, and goes on when there is room', async () => {
  const { installation } = await withOwnRedis()
  const { producer, lines } = installation
  await enqueueInJobsOf(1, installation, await writeGoals(installation, 50))
  await producer.config('SET', 'maxmemory', '1')
  startWorker(installation)
  const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await producer.info('stats'))?.[1])
  await until(() => lines.filter((line) => line.msg === 'BullMQ worker error').length === consumerNames.length)
  const [before, startedAt] = [await commands(), performance.now()]
  await until(() => performance.now() - startedAt > 1_500)
  // Without the pause the idle consumers send thirty thousand commands per second.
  expect((1_000 * ((await commands()) - before)) / (performance.now() - startedAt)).toBeLessThan(1_000)
  await producer.config('SET', 'maxmemory', '0')
  await untilDrained(installation)
})
