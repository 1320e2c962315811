import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
import { createInstallation, createWriter, pendingDeliveries, queueOf, startWorker } from './harness.ts'

const serve = ['cache-invalidation'] as const
const timings = { leaseMs: 200, sweepEveryMs: 50, watchEveryMs: 20, wedgedAfterMs: 400 }

test('overdue work and nothing finished for a while means wedged', async () => {
  const on = await createInstallation()
  const wedged: string[] = []
  const gate = Promise.withResolvers<'done'>()
  onTestFinished(() => gate.resolve('done'))
  const consumers = { 'cache-invalidation': { kind: 'external', run: () => gate.promise } } as const
  const startedAt = performance.now()
  startWorker(on, { serve, consumers, timings, onWedged: (consumer) => wedged.push(consumer) })
  on.dispatcher.nudge((await createWriter(on.pool).goal()).events)
  await on.pool.query('update deliveries set due_at = now()')
  await until(() => wedged.length > 0)
  expect(wedged[0]).toBe('cache-invalidation')
  expect(performance.now() - startedAt).toBeGreaterThan(400)
})

test('a paused queue and a Redis that is away are no reason to end', async () => {
  const redis = await ownRedis()
  const on = await createInstallation({ redisUrl: redis.url })
  const queue = queueOf(on, 'cache-invalidation')
  await queue.pause()
  const wedged: string[] = []
  startWorker(on, { serve, timings, onWedged: (consumer) => wedged.push(consumer) })
  on.dispatcher.nudge((await createWriter(on.pool).goal()).events)
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
