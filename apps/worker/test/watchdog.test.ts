import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished } from 'vitest'
import { done } from '../src/consumers/results.ts'
import { createWatchdog } from '../src/runtime/recovery/watchdog.ts'
import { timings as standard } from '../src/runtime/timings.ts'
import { createInstallation } from './support/installation.ts'
import { queueOf } from './support/queue-of.ts'
import { pendingDeliveries } from './support/rows.ts'
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
  await installation.pool.query('update deliveries set due_at = now()')
  await until(() => stuck.length > 20)
  expect(idle).toEqual([])
  expect(stuck[0]).toBe('cache-invalidation')
  expect(performance.now() - startedAt).toBeGreaterThan(400)
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
  await pool.query('update deliveries set due_at = now()')
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
  const progress = { lastAt: performance.now(), running: 0 }
  const isStuck = createWatchdog({ redis: producer, queue, progress, timings: { ...standard, stuckAfterMs: 150 } })
  return { redis, producer, progress, isStuck, addJob: () => queue.add('goal:created', { events: [] }) }
}

/** Checks again and again, for longer than `stuckAfterMs`. @returns the last verdict */
async function watchFor300Ms(isStuck: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + 300
  return until(async () => (await isStuck()) || performance.now() > end).then(isStuck)
}

test('a process is stuck when jobs wait and it finishes nothing', async () => {
  const { isStuck, addJob, progress } = await watchUnservedQueue()
  expect(await watchFor300Ms(isStuck)).toBe(false)
  await addJob()
  expect(await watchFor300Ms(isStuck)).toBe(true)
  progress.lastAt = performance.now()
  expect(await isStuck()).toBe(false)
})

test('a process is not stuck when Redis is full, because no worker can take a job', async () => {
  const { isStuck, addJob, producer } = await watchUnservedQueue()
  await addJob()
  await producer.config('SET', 'maxmemory', '1')
  expect(await watchFor300Ms(isStuck)).toBe(false)
  await producer.config('SET', 'maxmemory', '0')
  expect(await watchFor300Ms(isStuck)).toBe(true)
})

test('the watchdog does not count time in which Redis did not answer', async () => {
  const { isStuck, addJob, redis, producer } = await watchUnservedQueue()
  await addJob()
  expect(await isStuck()).toBe(false)
  redis.pause()
  // The command times out after a second, far more than `stuckAfterMs`.
  await expect(isStuck()).rejects.toThrow('Command timed out')
  redis.resume()
  await until(() => producer.ping().catch(() => false))
  expect(await isStuck()).toBe(false)
  expect(await watchFor300Ms(isStuck)).toBe(true)
})
