import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished } from 'vitest'
import { done } from '../src/consumers/results.ts'
import { startProgress } from '../src/runtime/progress.ts'
import { createWatchdog } from '../src/runtime/recovery/watchdog.ts'
import { timings as standard } from '../src/runtime/timings.ts'
import { createInstallation } from './support/installation.ts'
import { queueOf } from './support/queue-of.ts'
import { makeDue, pendingDeliveries } from './support/rows.ts'
import { test } from './support/test.ts'
import { startWorker } from './support/test-worker.ts'
import { writeGoals } from './support/writer.ts'

const serve = ['cache-invalidation'] as const
const timings = { leaseMs: 200, sweepEveryMs: 50, watchEveryMs: 20, stuckAfterMs: 400 }

test('a process is stuck when it runs a job and finishes nothing, and a process without a job is not', async ({
  installation,
}) => {
  const stuck: string[] = []
  const gate = Promise.withResolvers<typeof done>()
  onTestFinished(() => gate.resolve(done))
  const consumers = { 'cache-invalidation': { kind: 'external', run: () => gate.promise } } as const
  const startedAt = performance.now()
  startWorker(installation, { serve, consumers, timings, onStuck: (consumer) => stuck.push(consumer) })
  installation.dispatcher.dispatch(await writeGoals(installation, 1))
  await until(async () => (await queueOf(installation, 'cache-invalidation').getActiveCount()) === 1)
  const idle: string[] = []
  startWorker(installation, { serve, consumers, timings, onStuck: (consumer) => idle.push(consumer) })
  await makeDue(installation.pool)
  await until(() => stuck.length > 20)
  expect(idle).toEqual([])
  expect(stuck[0]).toBe('cache-invalidation')
  expect(performance.now() - startedAt).toBeGreaterThan(400)
})

test('a process is stuck when one of its jobs finishes nothing while others do', async ({ installation }) => {
  const gate = Promise.withResolvers<typeof done>()
  onTestFinished(() => gate.resolve(done))
  let started = 0
  const run = () => (started++ === 0 ? gate.promise : Promise.resolve(done))
  const stuck: string[] = []
  const onStuck = (_consumer: string, reason: string) => stuck.push(reason)
  startWorker(installation, { serve, consumers: { 'cache-invalidation': { kind: 'external', run } }, timings, onStuck })
  const handleOne = async () => {
    const before = started
    installation.dispatcher.dispatch(await writeGoals(installation, 1))
    await until(() => started > before)
  }
  await handleOne()
  while (stuck.length === 0) await handleOne()
  expect(stuck[0]).toBe('a job runs and finishes nothing')
})

test('a process is not stuck when its queue is paused or Redis is away', async () => {
  const redis = await ownRedis()
  const installation = await createInstallation({ redisUrl: redis.url })
  const { pool, producer, dispatcher } = installation
  const queue = queueOf(installation, 'cache-invalidation')
  await queue.pause()
  const stuck: string[] = []
  startWorker(installation, { serve, timings, onStuck: (consumer) => stuck.push(consumer) })
  dispatcher.dispatch(await writeGoals(installation, 1))
  await makeDue(pool)
  const pass = async (ms: number) => {
    const end = performance.now() + ms
    await until(() => performance.now() > end)
  }
  await pass(800)
  await redis.stop()
  await pass(800)
  expect(stuck).toEqual([])
  await redis.start()
  // The worker had something to do: it handles the same job once the queue is resumed.
  await until(() => producer.status === 'ready')
  await queue.resume()
  await until(async () => (await pendingDeliveries(pool))['cache-invalidation'] === undefined)
})

/** A watchdog of a queue without a worker. From inside, a worker that fetches no jobs looks the same. */
async function watchUnservedQueue() {
  const redis = await ownRedis()
  const installation = await createInstallation({ redisUrl: redis.url })
  const { producer } = installation
  await until(() => producer.status === 'ready')
  const queue = queueOf(installation, 'sync')
  const progress = startProgress()
  const timings = { ...standard, stuckAfterMs: 150, blindAfterMs: 150, overdueAfterMs: 10_000 }
  const findReason = createWatchdog({
    name: 'sync',
    pool: installation.pool,
    redis: producer,
    queue,
    progress,
    timings,
    pause: { isPaused: false },
  })
  const addJob = () => queue.add('goal:created', { events: [] })
  /** Writes an event whose delivery has been overdue for longer than a few leases. */
  const addOverdue = async () => {
    await writeGoals(installation, 1)
    await installation.pool.query(`update deliveries set due_at = now() - interval '20 seconds'`)
  }
  return { redis, producer, queue, progress, installation, findReason, addJob, addOverdue }
}

/** Checks again and again, for longer than both limits. @returns the last reason */
async function watchFor300Ms(findReason: () => Promise<string | null>): Promise<string | null> {
  const end = performance.now() + 300
  return until(async () => (await findReason()) !== null || performance.now() > end).then(findReason)
}

test('a process is stuck when jobs wait and it finishes nothing', async () => {
  const { findReason, addJob, progress } = await watchUnservedQueue()
  expect(await watchFor300Ms(findReason)).toBeNull()
  await addJob()
  expect(await watchFor300Ms(findReason)).toBe('jobs wait and none finishes')
  progress.lastAt = performance.now()
  expect(await findReason()).toBeNull()
})

test('a process is not stuck when Redis is full, because no worker can take a job', async () => {
  const { findReason, addJob, addOverdue, producer } = await watchUnservedQueue()
  await addJob()
  await addOverdue()
  await producer.config('SET', 'maxmemory', '1')
  expect(await watchFor300Ms(findReason)).toBeNull()
  await producer.config('SET', 'maxmemory', '0')
  expect(await watchFor300Ms(findReason)).toBe('jobs wait and none finishes')
})

test('the watchdog does not count time in which Redis did not answer when nothing is overdue', async () => {
  const { findReason, addJob, redis, producer } = await watchUnservedQueue()
  await addJob()
  expect(await findReason()).toBeNull()
  redis.pause()
  // The command times out after a second, far more than `stuckAfterMs`.
  expect(await findReason()).toBeNull()
  redis.resume()
  await until(() => producer.ping().catch(() => false))
  expect(await findReason()).toBeNull()
  expect(await watchFor300Ms(findReason)).toBe('jobs wait and none finishes')
})

test('a process is stuck when a delivery is overdue and no job carries it, unless its queue is paused', async () => {
  const { findReason, addOverdue, queue } = await watchUnservedQueue()
  await addOverdue()
  await queue.pause()
  expect(await watchFor300Ms(findReason)).toBeNull()
  await queue.resume()
  expect(await watchFor300Ms(findReason)).toBe('deliveries are overdue and none is handled')
})

test.for(['hangs', 'is stopped'] as const)(
  'a process is stuck when Redis %s for long while deliveries are overdue',
  async (fault) => {
    const { findReason, addOverdue, redis } = await watchUnservedQueue()
    await (fault === 'hangs' ? redis.pause() : redis.stop())
    expect(await watchFor300Ms(findReason)).toBeNull()
    await addOverdue()
    expect(await findReason()).toBeNull()
    await until(async () => expect(await findReason()).toContain('Redis does not serve'))
  },
)

test('a process is stuck when Redis refuses writes for long while deliveries are overdue', async () => {
  const { findReason, addOverdue, producer } = await watchUnservedQueue()
  const master = await ownRedis()
  await producer.replicaof('127.0.0.1', Number(new URL(master.url).port))
  expect(await watchFor300Ms(findReason)).toBeNull()
  await addOverdue()
  await until(async () => expect(await findReason()).toContain('READONLY'))
})

test('a process is not stuck when Postgres is away', async () => {
  const { findReason, addOverdue, redis, installation } = await watchUnservedQueue()
  await addOverdue()
  redis.pause()
  await installation.pool.query('alter table deliveries rename to hidden')
  const end = performance.now() + 300
  while (performance.now() < end) await expect(findReason()).rejects.toThrow('deliveries')
  await installation.pool.query('alter table hidden rename to deliveries')
  expect(await findReason()).toBeNull()
})
