import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { skipped } from '../src/consumers/results.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { queueOf } from './support/queue-of.ts'
import { countRows, insertOverdueEvents } from './support/rows.ts'
import { test } from './support/test.ts'
import { startWorker } from './support/test-worker.ts'
import { writeGoals } from './support/writer.ts'

const consumer = 'sync'
/** A sync that finishes all its events without a look at them. */
const idleSync = { [consumer]: { kind: 'external', run: async () => skipped, isIdle: () => true } } as const

const untilDrained = ({ pool }: Installation) =>
  until(async () => expect(await countRows(pool, `deliveries where consumer = '${consumer}'`)).toBe(0))

test('one sweep works off a backlog in full jobs, with a bounded number of jobs in the queue', async ({
  installation,
}) => {
  const { pool, producer } = installation
  const queue = queueOf(installation, consumer)
  await queue.pause()
  await insertOverdueEvents(pool, consumer, 30_000)
  // The second sweep would begin after an hour, and a slow command must not end the first one.
  Object.assign(producer.options, { commandTimeout: 120_000 })
  startWorker(installation, { serve: [consumer], consumers: idleSync, timings: { sweepEveryMs: 3_600_000 } })
  await until(async () => (await queue.getWaitingCount()) > 200)
  const jobs = await queue.getJobs(['waiting'])
  expect(jobs.length).toBeLessThanOrEqual(210)
  expect(new Set(jobs.map((job) => job.data.events.length))).toEqual(new Set([100]))
  await queue.resume()
  await untilDrained(installation)
})

test('a worker stops while its sweeper waits for room', async ({ installation }) => {
  const queue = queueOf(installation, consumer)
  await queue.pause()
  await queue.addBulk(Array.from({ length: 201 }, () => ({ name: 'goal:created', data: { events: [] } })))
  await insertOverdueEvents(installation.pool, consumer, 1)
  const { close } = startWorker(installation, { serve: [consumer], timings: { sweepEveryMs: 20 } })
  await until(() => installation.lines.some((line) => line.msg === 'no room for overdue events'))
  await close()
})

/** An installation with 200 events, whose Redis has jobs of 100 events each beside their own ones. */
async function withLargeQueue() {
  const redis = await ownRedis()
  const installation = await createInstallation({ redisUrl: redis.url })
  const { producer, dispatcher } = installation
  // A slow command must not fail the test.
  Object.assign(producer.options, { commandTimeout: 120_000 })
  await until(() => producer.status === 'ready')
  const events = await writeGoals(installation, 200)
  for (let i = 0; i < events.length; i += 20) {
    dispatcher.dispatch(events.slice(i, i + 20))
    await dispatcher.flush()
  }
  const queue = queueOf(installation, 'audit-log')
  const first = { name: '100 events', data: { events: events.slice(0, 100) } }
  const later = { ...first, opts: { delay: 3_600_000 } }
  await queue.addBulk(Array.from({ length: 200 }, (_, i) => (i % 4 === 0 ? later : first)))
  const usedMemory = async () => Number(/used_memory:(\d+)/.exec(await producer.info('memory'))?.[1])
  return { installation, queue, events, usedMemory }
}

test('a backlog drains when it filled Redis while no worker ran', async () => {
  const { installation, queue, events, usedMemory } = await withLargeQueue()
  const { pool, producer, lines } = installation
  await producer.config('SET', 'maxmemory', (await usedMemory()) - 500_000)
  // The oldest event is overdue. The others wait for jobs that only the end of the full queue can replace.
  await pool.query(`update deliveries set due_at = now() + interval '1 hour'`)
  await pool.query(`update deliveries set due_at = now() where event_id = $1`, [events[0]?.id])
  startWorker(installation, { serve: ['audit-log'], timings: { sweepEveryMs: 100 } })
  await until(async () => expect(await countRows(pool, 'goal_audit_log')).toBe(200))
  expect(await countRows(pool, `deliveries where consumer = 'audit-log'`)).toBe(0)
  expect(await queue.getJobCounts('wait', 'delayed')).toEqual({ wait: 0, delayed: 0 })
  expect(lines.filter((line) => line.msg.startsWith('Redis is full'))).not.toEqual([])
})

test('jobs stay in a full Redis while nothing is overdue', async () => {
  const { installation, queue } = await withLargeQueue()
  const { producer, pool, lines } = installation
  const waiting = await queue.getWaitingCount()
  await producer.config('SET', 'maxmemory', '1')
  startWorker(installation, { serve: ['audit-log'], timings: { sweepEveryMs: 20 } })
  await until(() => lines.some((line) => line.msg === 'BullMQ worker error'))
  expect(await queue.getWaitingCount()).toBe(waiting)
  await producer.config('SET', 'maxmemory', '0')
  await until(async () => expect(await countRows(pool, 'goal_audit_log')).toBe(200))
})

test('a retry keeps its time when its job was dropped', async () => {
  const { installation, queue, events, usedMemory } = await withLargeQueue()
  const { pool, producer } = installation
  const [retried] = events
  await queue.drain(true)
  await queue.addBulk(
    Array.from({ length: 200 }, () => ({ name: '1 event', data: { events: [] }, opts: { delay: 3_600_000 } })),
  )
  await pool.query(`update deliveries set due_at = now() + interval '1 hour', attempts = 1 where event_id = $1`, [
    retried?.id,
  ])
  await pool.query(`update deliveries set due_at = now() where event_id <> $1`, [retried?.id])
  await producer.config('SET', 'maxmemory', (await usedMemory()) - 1_000)
  startWorker(installation, { serve: ['audit-log'], timings: { sweepEveryMs: 100 } })
  await until(async () => expect((await queue.getJobCounts('delayed')).delayed).toBe(0))
  await producer.config('SET', 'maxmemory', '0')
  await until(async () => expect(await countRows(pool, 'goal_audit_log')).toBe(199))
  const left = `deliveries where consumer = 'audit-log' and due_at > now() + interval '50 minutes'`
  expect(await countRows(pool, left)).toBe(1)
})
