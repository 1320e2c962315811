import { randomUUID } from 'node:crypto'
import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
import { connectProducer } from '../src/connection.ts'
import { enqueueEvents } from '../src/enqueue-events.ts'
import { openQueue } from '../src/queues.ts'

const newEvents = (count: number) =>
  Array.from({ length: count }, () => ({ id: randomUUID(), type: 'goal:created', aggregateId: randomUUID() }) as const)

async function openQueueWithLimit() {
  const redis = await ownRedis()
  const connection = connectProducer(redis.url, () => undefined)
  // A slow command must not fail the test.
  Object.assign(connection.options, { commandTimeout: 120_000 })
  const queue = openQueue(connection, 'full', 'sync').on('error', () => undefined)
  onTestFinished(async () => {
    await queue.close()
    connection.disconnect()
  })
  await until(() => connection.status === 'ready')
  return {
    queue,
    setLimit: (bytes: number) => connection.config('SET', 'maxmemory', bytes),
    usedBytes: async () => Number(/^used_memory:(\d+)/m.exec(await connection.info('memory'))?.[1]),
  }
}

test('enqueueing makes jobs of at most a hundred events, and rejects when Redis refuses every job', async () => {
  const { queue, setLimit } = await openQueueWithLimit()
  await enqueueEvents(queue, newEvents(150))
  await setLimit(1)
  await expect(enqueueEvents(queue, newEvents(150))).rejects.toThrow(/^OOM /)
  await setLimit(0)
  expect(await queue.getWaitingCount()).toBe(2)
})

test('enqueueing rejects when Redis takes some of the jobs and refuses the others', async () => {
  const { queue, setLimit, usedBytes } = await openQueueWithLimit()
  await setLimit((await usedBytes()) + 500_000)
  await expect(enqueueEvents(queue, newEvents(20_000))).rejects.toThrow(/^OOM /)
  await setLimit(0)
  const jobs = await queue.getWaitingCount()
  expect(jobs).toBeGreaterThan(0)
  expect(jobs).toBeLessThan(200)
})
