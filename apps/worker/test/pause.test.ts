import { setPause } from '@goals-tasks/db'
import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { createInstallation } from './support/installation.ts'
import { makeDue, pendingDeliveries } from './support/rows.ts'
import { test } from './support/test.ts'
import { startWorker } from './support/test-worker.ts'
import { writeGoals } from './support/writer.ts'

const serve = ['cache-invalidation'] as const
const timings = { leaseMs: 200, sweepEveryMs: 20, watchEveryMs: 20, stuckAfterMs: 200, pauseCheckEveryMs: 20 }
const pause = { consumer: 'cache-invalidation', isPaused: true, actor: 'ada', reason: 'the cache moves' } as const

test('a paused consumer handles nothing, also in a new process and when Redis is emptied', async () => {
  const redis = await ownRedis()
  const installation = await createInstallation({ redisUrl: redis.url })
  const { pool, producer, dispatcher, lines } = installation
  await until(() => producer.status === 'ready')
  await setPause(pool, pause)
  const stuck: string[] = []
  const start = () => startWorker(installation, { serve, timings, onStuck: (consumer) => stuck.push(consumer) })
  const first = start()
  const isPaused = (count: number) => lines.filter(({ msg }) => msg === 'the consumer is paused').length === count
  await until(() => isPaused(1))
  await first.close()
  start()
  await until(() => isPaused(2))
  await producer.flushall()
  dispatcher.dispatch(await writeGoals(installation, 1))
  await makeDue(pool)
  const end = performance.now() + 600
  await until(() => performance.now() > end)
  expect(stuck).toEqual([])
  expect((await pendingDeliveries(pool))['cache-invalidation']).toBe(1)
  expect(lines.find(({ msg }) => msg === 'the consumer is paused')).toMatchObject({
    ...{ level: 'warn', consumer: 'cache-invalidation', actorId: 'ada', reason: 'the cache moves' },
  })

  await setPause(pool, { ...pause, isPaused: false, reason: 'it has moved' })
  await until(async () => (await pendingDeliveries(pool))['cache-invalidation'] === undefined)
  expect(lines.find(({ msg }) => msg === 'the consumer is resumed')).toMatchObject({ reason: 'it has moved' })
})

test('a running consumer takes no more jobs when it is paused', async ({ installation }) => {
  const { pool, dispatcher, lines } = installation
  startWorker(installation, { serve, timings })
  dispatcher.dispatch(await writeGoals(installation, 1))
  await until(async () => (await pendingDeliveries(pool))['cache-invalidation'] === undefined)
  await setPause(pool, pause)
  await until(() => lines.some(({ msg }) => msg === 'the consumer is paused'))
  dispatcher.dispatch(await writeGoals(installation, 1))
  const end = performance.now() + 300
  await until(() => performance.now() > end)
  expect((await pendingDeliveries(pool))['cache-invalidation']).toBe(1)
})
