import { freshRedis, ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { newEvent, newEvents, openDispatcher } from './support/dispatcher.ts'

test('an event becomes one job per subscribed consumer, with its ids and its type only', async () => {
  const { dispatcher, jobs, ready } = openDispatcher(freshRedis())
  await ready()
  const completed = newEvent('goal:completed')
  dispatcher.dispatch([completed])
  await dispatcher.flush()
  expect(await jobs('notifications')).toEqual([[completed]])
  expect(await jobs('sync')).toEqual([[completed]])
  expect(await jobs('audit-log')).toEqual([])
})

test('an event becomes no job for a consumer that has no receiver or that the caller leaves out', async () => {
  const { dispatcher, jobs, ready } = openDispatcher(freshRedis())
  await ready()
  const event = newEvent()
  dispatcher.dispatch([{ ...event, withoutReceiver: ['sync'] }], (consumer) => consumer !== 'cache-invalidation')
  await dispatcher.flush()
  expect(await jobs('audit-log')).toEqual([[event]])
  expect(await jobs('sync')).toEqual([])
  expect(await jobs('cache-invalidation')).toEqual([])
})

test('events share jobs of at most a hundred, in their order, when they are dispatched in one turn', async () => {
  const { dispatcher, jobs, ready } = openDispatcher(freshRedis())
  await ready()
  const events = newEvents(250)
  for (const one of events) dispatcher.dispatch([one])
  await dispatcher.flush()
  const carried = await jobs('audit-log')
  expect(carried.map((list) => list.length)).toEqual([100, 100, 50])
  expect(carried.flat()).toEqual(events)
})

test('the first 10,000 events are enqueued and the rest is dropped when more are dispatched at once', async () => {
  const { dispatcher, jobs, ready } = openDispatcher(freshRedis())
  await ready()
  const events = newEvents(10_001)
  dispatcher.dispatch(events)
  await dispatcher.flush()
  expect((await jobs('audit-log')).flat()).toEqual(events.slice(0, 10_000))
})

test('a flush resolves at once when no event was dispatched', async () => {
  const { dispatcher } = openDispatcher(freshRedis())
  await dispatcher.flush()
})

test('a dispatch does not throw when Redis is down, and later events are enqueued when it is up again', async () => {
  const redis = await ownRedis()
  const { connection, dispatcher, jobs, ready } = openDispatcher({ url: redis.url, prefix: 'down' })
  await ready()
  await redis.stop()
  await until(() => connection.status !== 'ready')
  dispatcher.dispatch(newEvents(20_000))
  await dispatcher.flush()
  await redis.start()
  await ready()
  const late = newEvent()
  dispatcher.dispatch([late])
  await dispatcher.flush()
  expect(await jobs('audit-log')).toEqual([[late]])
})

test('events are enqueued once Redis is up when it was down at the start', async () => {
  const redis = await ownRedis()
  await redis.stop()
  const { dispatcher, jobs, ready } = openDispatcher({ url: redis.url, prefix: 'late' })
  dispatcher.dispatch([newEvent()])
  await dispatcher.flush()
  await redis.start()
  await ready()
  const late = newEvent()
  dispatcher.dispatch([late])
  await dispatcher.flush()
  expect(await jobs('audit-log')).toEqual([[late]])
})

test('a dispatcher closes when it never connected to Redis', async () => {
  const { dispatcher } = openDispatcher({ url: 'redis://127.0.0.1:1', prefix: 'never' })
  dispatcher.dispatch([newEvent()])
  await dispatcher.close()
})

test('a flush resolves while Redis hangs, and later events are enqueued when it answers', async () => {
  const redis = await ownRedis()
  const { dispatcher, jobs, ready } = openDispatcher({ url: redis.url, prefix: 'hung' })
  await ready()
  redis.pause()
  const lost = newEvent()
  dispatcher.dispatch([lost])
  await dispatcher.flush()
  redis.resume()
  const late = newEvent()
  await until(async () => {
    dispatcher.dispatch([late])
    await dispatcher.flush()
    return (await jobs('audit-log')).flat().some(({ id }) => id === late.id)
  })
})

test('the log counts the events of jobs that Redis refused, in one line for several refusals', async () => {
  const redis = await ownRedis()
  const { connection, dispatcher, lines, ready } = openDispatcher({ url: redis.url, prefix: 'full' })
  await ready()
  await connection.config('SET', 'maxmemory', '1')
  for (const count of [3, 2]) {
    dispatcher.dispatch(newEvents(count))
    await dispatcher.flush()
  }
  expect(lines.filter(({ consumer, level }) => consumer === 'audit-log' && level === 'warn')).toMatchObject([
    { events: 3 },
  ])
  expect(Object.fromEntries(dispatcher.stats())['audit-log']?.leftToSweeper).toBe(5)
})

test('events that were not enqueued have log lines of the level debug when Redis is not connected', async () => {
  const redis = await ownRedis()
  const { connection, dispatcher, lines, ready } = openDispatcher({ url: redis.url, prefix: 'away' })
  await ready()
  await redis.kill()
  await until(() => connection.status !== 'ready')
  dispatcher.dispatch(newEvents(3))
  await dispatcher.flush()
  expect(new Set(lines.map(({ level }) => level))).toEqual(new Set(['debug']))
  expect(lines.at(-1)).toMatchObject({ events: 3 })
})
