import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
import { createWatchdog } from '../src/runtime/recovery/watchdog.ts'
import { timings as standard } from '../src/runtime/timings.ts'
import { createInstallation, createWriter, pendingDeliveries, queueOf, startWorker } from './harness.ts'

const serve = ['cache-invalidation'] as const
const timings = { leaseMs: 200, sweepEveryMs: 50, watchEveryMs: 20, stuckAfterMs: 400 }

test('a job in hand and nothing finished for a while means wedged, for the process that has it and for no other', async () => {
  const on = await createInstallation()
  const wedged: string[] = []
  const gate = Promise.withResolvers<'done'>()
  onTestFinished(() => gate.resolve('done'))
  const consumers = { 'cache-invalidation': { kind: 'external', run: () => gate.promise } } as const
  const startedAt = performance.now()
  startWorker(on, { serve, consumers, timings, onStuck: (consumer) => wedged.push(consumer) })
  on.dispatcher.dispatch((await createWriter(on.pool).goal()).events)
  await until(async () => (await queueOf(on, 'cache-invalidation').getActiveCount()) === 1)
  const idle: string[] = []
  startWorker(on, { serve, consumers, timings, onStuck: (consumer) => idle.push(consumer) })
  await on.pool.query('update deliveries set due_at = now()')
  await until(() => wedged.length > 20)
  expect(idle).toEqual([])
  expect(wedged[0]).toBe('cache-invalidation')
  expect(performance.now() - startedAt).toBeGreaterThan(400)
})

test('a paused queue and a Redis that is away are no reason to end', async () => {
  const redis = await ownRedis()
  const on = await createInstallation({ redisUrl: redis.url })
  const queue = queueOf(on, 'cache-invalidation')
  await queue.pause()
  const wedged: string[] = []
  startWorker(on, { serve, timings, onStuck: (consumer) => wedged.push(consumer) })
  on.dispatcher.dispatch((await createWriter(on.pool).goal()).events)
  await on.pool.query('update deliveries set due_at = now()')
  const passes = async (ms: number) => {
    const end = performance.now() + ms
    await until(() => performance.now() > end)
  }
  await passes(800)
  await redis.stop()
  await passes(800)
  expect(wedged).toEqual([])
  await redis.start()
  // It could tell: the same work in the same queue, unpaused.
  await until(() => on.producer.status === 'ready')
  await queue.resume()
  await until(async () => (await pendingDeliveries(on.pool))['cache-invalidation'] === undefined)
})

/** Somebody whose queue is served by nobody: from inside that is what being deaf looks like. */
async function deaf() {
  const redis = await ownRedis()
  const on = await createInstallation({ redisUrl: redis.url })
  await until(() => on.producer.status === 'ready')
  const queue = queueOf(on, 'sync')
  const progress = { last: performance.now(), running: 0 }
  const isStuck = createWatchdog({ redis: on.producer, queue, progress, timings: { ...standard, stuckAfterMs: 150 } })
  return { redis, on, queue, progress, isStuck, addJob: () => queue.add('goal:created', { events: [] }) }
}
/** What it says when asked over and over, for longer than it has patience. */
async function said(isStuck: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + 300
  return until(async () => (await isStuck()) || performance.now() > end).then(isStuck)
}

test('waiting jobs and nothing finished for a while means wedged', async () => {
  const { isStuck, addJob, progress } = await deaf()
  expect(await said(isStuck)).toBe(false)
  await addJob()
  expect(await said(isStuck)).toBe(true)
  progress.last = performance.now()
  expect(await isStuck()).toBe(false)
})

test('a full Redis, which lets nobody take a job, is no reason to end', async () => {
  const { isStuck, addJob, on } = await deaf()
  await addJob()
  await on.producer.config('SET', 'maxmemory', '1')
  expect(await said(isStuck)).toBe(false)
  await on.producer.config('SET', 'maxmemory', '0')
  expect(await said(isStuck)).toBe(true)
})

test('time in which nobody could look does not count', async () => {
  const { isStuck, addJob, redis, on } = await deaf()
  await addJob()
  expect(await isStuck()).toBe(false)
  redis.pause()
  // It gives up after a second, far beyond its patience.
  await expect(isStuck()).rejects.toThrow('Command timed out')
  redis.resume()
  await until(() => on.producer.ping().catch(() => false))
  expect(await isStuck()).toBe(false)
  expect(await said(isStuck)).toBe(true)
})
