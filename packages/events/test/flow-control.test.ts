import { setImmediate as nextTurn } from 'node:timers/promises'
import { freshRedis, ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { newEvents, openDispatcher } from './support/dispatcher.ts'

const consumer = 'audit-log'

/** With this option events wait for a full job longer than a test runs. */
const untilFull = { maxHoldMs: 3_600_000 }

async function openReady(redis = freshRedis(), timing = {}) {
  const opened = openDispatcher(redis, timing)
  await opened.ready()
  const queue = opened.queueOf(consumer)
  return { ...opened, queue, addJobs: (count: number) => queue.addBulk(Array.from({ length: count }, emptyJob)) }
}

const emptyJob = () => ({ name: 'goal:created', data: { events: [] } })

test('each event has a job of its own when fewer than 16 jobs wait', async () => {
  const { dispatcher, jobs } = await openReady()
  for (let count = 1; count <= 16; count++) {
    dispatcher.dispatch(newEvents(1))
    await until(async () => (await jobs(consumer)).length === count)
  }
})

test('events share jobs when 16 jobs wait and no worker takes one', async () => {
  const { dispatcher, jobs, addJobs } = await openReady()
  await addJobs(16)
  const events = newEvents(221)
  for (const event of events.slice(0, 201)) {
    dispatcher.dispatch([event])
    await nextTurn()
  }
  const sizes = async () => (await jobs(consumer)).slice(16).map((list) => list.length)
  // The reply to the first event's job shows how long the queue is.
  await until(async () => expect(await sizes()).toEqual([1, 100, 100]))
  // The rest waits two seconds for a full job.
  for (const event of events.slice(201)) {
    dispatcher.dispatch([event])
    await nextTurn()
  }
  await until(async () => expect(await sizes()).toEqual([1, 100, 100, 20]))
  expect((await jobs(consumer)).flat()).toEqual(events)
})

test('an event waits for no full job when a worker takes jobs', async () => {
  const { dispatcher, jobs, addJobs, connection, queue } = await openReady(freshRedis(), untilFull)
  await addJobs(500)
  dispatcher.dispatch(newEvents(1))
  await dispatcher.flush()
  dispatcher.dispatch(newEvents(1))
  await until(async () => {
    await connection.rpop(queue.toKey('wait'))
    return (await jobs(consumer)).flat().length === 2
  })
  expect(await queue.getWaitingCount()).toBeGreaterThan(16)
})

test('a queue has at most 1.1 jobs per hundred pending events when no worker runs', async () => {
  const { dispatcher, queue } = await openReady()
  const pending = 20_000
  const buffered = () => Object.fromEntries(dispatcher.stats())[consumer]?.buffered ?? 0
  for (let count = 0; count < pending; count += 50) {
    dispatcher.dispatch(newEvents(50))
    await nextTurn()
    if (buffered() > 1_000) await until(() => buffered() < 100)
  }
  await dispatcher.flush()
  expect(await queue.getWaitingCount()).toBeLessThanOrEqual((1.1 * pending) / 100)
  expect(Object.fromEntries(dispatcher.stats())[consumer]).toEqual({ buffered: 0, leftToSweeper: 0 })
})

test('the dispatcher leaves events to the sweeper when 1,001 jobs wait, until the queue is short', async () => {
  const { dispatcher, jobs, addJobs, queue, connection } = await openReady()
  const dispatchOne = async () => {
    dispatcher.dispatch(newEvents(1))
    await dispatcher.flush()
  }
  const leftToSweeper = () => Object.fromEntries(dispatcher.stats())[consumer]?.leftToSweeper
  await addJobs(1_001)
  // The reply to this job shows how long the queue is.
  await dispatchOne()
  expect(leftToSweeper()).toBe(0)
  await dispatchOne()
  expect(leftToSweeper()).toBe(1)
  await connection.ltrim(queue.toKey('wait'), 0, 499)
  await dispatchOne()
  expect(leftToSweeper()).toBe(2)
  await connection.ltrim(queue.toKey('wait'), 0, 14)
  await dispatchOne()
  expect(leftToSweeper()).toBe(2)
  expect((await jobs(consumer)).length).toBe(16)
})

test('the dispatcher leaves events to the sweeper when another process filled the queue', async () => {
  const redis = freshRedis()
  const [first, second] = await Promise.all([openReady(redis), openReady(redis)])
  first.dispatcher.dispatch(newEvents(1))
  await first.dispatcher.flush()
  await second.addJobs(1_001)
  first.dispatcher.dispatch(newEvents(1))
  await first.dispatcher.flush()
  first.dispatcher.dispatch(newEvents(5))
  await first.dispatcher.flush()
  expect(Object.fromEntries(first.dispatcher.stats())[consumer]?.leftToSweeper).toBe(5)
})

test('the first event after an idle time is enqueued at once when the queue has become short', async () => {
  const { dispatcher, jobs, addJobs, queue, connection } = await openReady()
  await addJobs(1_001)
  for (const events of [newEvents(1), newEvents(1)]) {
    dispatcher.dispatch(events)
    await dispatcher.flush()
  }
  await connection.del(queue.toKey('wait'))
  const [event] = newEvents(1)
  dispatcher.dispatch(event ? [event] : [])
  await until(async () => (await jobs(consumer)).flat().some(({ id }) => id === event?.id))
})

test('events are dropped at once, without an error, when Redis goes down while they wait for a full job', async () => {
  const redis = await ownRedis()
  const { dispatcher, addJobs } = await openReady({ url: redis.url, prefix: 'full-jobs' }, untilFull)
  await addJobs(20)
  dispatcher.dispatch(newEvents(1))
  await dispatcher.flush()
  dispatcher.dispatch(newEvents(3))
  await redis.kill()
  await until(() => Object.fromEntries(dispatcher.stats())[consumer]?.leftToSweeper === 3)
})

test('a flush waits for no full job, and later events share jobs again', async () => {
  const { dispatcher, jobs, addJobs } = await openReady(freshRedis(), untilFull)
  await addJobs(20)
  dispatcher.dispatch(newEvents(1))
  await dispatcher.flush()
  dispatcher.dispatch(newEvents(1))
  await dispatcher.flush()
  for (const event of newEvents(100)) {
    dispatcher.dispatch([event])
    await nextTurn()
  }
  const sizes = async () => (await jobs(consumer)).slice(20).map((list) => list.length)
  await until(async () => expect(await sizes()).toEqual([1, 1, 100]))
})

test('the jobs of a flush count as waiting when the next events are enqueued', async () => {
  const { dispatcher, jobs, addJobs } = await openReady()
  await addJobs(15)
  dispatcher.dispatch(newEvents(1))
  await dispatcher.flush()
  for (const event of newEvents(100)) {
    dispatcher.dispatch([event])
    await nextTurn()
  }
  const sizes = async () => (await jobs(consumer)).slice(15).map((list) => list.length)
  await until(async () => expect(await sizes()).toEqual([1, 100]))
})

test('a closing dispatcher enqueues the events that wait for a full job', async () => {
  const { dispatcher, jobs, addJobs } = await openReady(freshRedis(), untilFull)
  await addJobs(20)
  dispatcher.dispatch(newEvents(1))
  await dispatcher.flush()
  const [event] = newEvents(1)
  dispatcher.dispatch(event ? [event] : [])
  await dispatcher.close()
  expect((await jobs(consumer)).at(-1)).toEqual([event])
})
