import { randomUUID } from 'node:crypto'
import { freshRedis, ownRedis, until } from '@goals-tasks/devstack/testing'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { EventType } from './catalogue.ts'
import { connectProducer } from './connection.ts'
import { createDispatcher } from './dispatcher.ts'
import { type JobData, openQueue } from './queues.ts'
import type { ConsumerName } from './subscriptions.ts'

const log = pino({ level: 'silent' })

function open({ url, prefix }: { url: string; prefix: string }) {
  const connection = connectProducer(url, () => undefined)
  const dispatcher = createDispatcher({ connection, prefix, log })
  const queues = new Map<ConsumerName, ReturnType<typeof openQueue>>()
  const queueOf = (consumer: ConsumerName) => {
    const queue = queues.get(consumer) ?? openQueue(connection, prefix, consumer)
    queues.set(
      consumer,
      queue.on('error', () => undefined),
    )
    return queue
  }
  onTestFinished(async () => {
    await dispatcher.close()
    for (const queue of queues.values()) await queue.close()
    connection.disconnect()
  })
  const jobs = async (consumer: ConsumerName): Promise<JobData['events'][]> =>
    (await queueOf(consumer).getJobs(['waiting'], 0, -1, true)).map((job) => job.data.events)
  return { connection, dispatcher, queueOf, jobs, ready: () => until(() => connection.status === 'ready') }
}

const event = (type: EventType = 'goal:created') => ({
  id: randomUUID(),
  type,
  aggregateId: randomUUID(),
})
const eventList = (count: number, type?: EventType) => Array.from({ length: count }, () => event(type))

test('an event becomes one job per consumer that isSubscribed it, holding ids and the type only', async () => {
  const { dispatcher, jobs, ready } = open(freshRedis())
  await ready()
  const completed = event('goal:completed')
  dispatcher.dispatch([completed])
  await dispatcher.flush()
  expect(await jobs('notifications')).toEqual([[completed]])
  expect(await jobs('sync')).toEqual([[completed]])
  expect(await jobs('audit-log')).toEqual([])
})

test('what is committed together travels together, at most a hundred to a job and in order', async () => {
  const { dispatcher, jobs, ready } = open(freshRedis())
  await ready()
  const events = eventList(250)
  for (const one of events) dispatcher.dispatch([one])
  await dispatcher.flush()
  const carried = await jobs('audit-log')
  expect(carried.map((list) => list.length)).toEqual([100, 100, 50])
  expect(carried.flat()).toEqual(events)
})

test('of too many events at once the first ten thousand travel, and the rest is left to the sweeper', async () => {
  const { dispatcher, jobs, ready } = open(freshRedis())
  await ready()
  const events = eventList(10_001)
  dispatcher.dispatch(events)
  await dispatcher.flush()
  expect((await jobs('audit-log')).flat()).toEqual(events.slice(0, 10_000))
})

test('a bare flush settles at once', async () => {
  const { dispatcher } = open(freshRedis())
  await dispatcher.flush()
})

test('with Redis away nudging costs nothing and throws nothing, and what comes after its return is enqueued', async () => {
  const redis = await ownRedis()
  const { connection, dispatcher, jobs, ready } = open({ url: redis.url, prefix: 'away' })
  await ready()
  await redis.stop()
  await until(() => connection.status !== 'ready')
  dispatcher.dispatch(eventList(20_000))
  await dispatcher.flush()
  await redis.start()
  await ready()
  const late = event()
  dispatcher.dispatch([late])
  await dispatcher.flush()
  expect(await jobs('audit-log')).toEqual([[late]])
})

test('a Redis that was away at the start is used once it is there', async () => {
  const redis = await ownRedis()
  await redis.stop()
  const { dispatcher, jobs, ready } = open({ url: redis.url, prefix: 'late' })
  dispatcher.dispatch([event()])
  await dispatcher.flush()
  await redis.start()
  await ready()
  const late = event()
  dispatcher.dispatch([late])
  await dispatcher.flush()
  expect(await jobs('audit-log')).toEqual([[late]])
})

test('a dispatcher whose Redis never came closes', async () => {
  const { dispatcher } = open({ url: 'redis://127.0.0.1:1', prefix: 'never' })
  dispatcher.dispatch([event()])
  await dispatcher.close()
})

test('a Redis that hangs holds nobody up, and is used again once it answers', async () => {
  const redis = await ownRedis()
  const { dispatcher, jobs, ready } = open({ url: redis.url, prefix: 'hung' })
  await ready()
  redis.pause()
  const lost = event()
  dispatcher.dispatch([lost])
  const startedAt = performance.now()
  await dispatcher.flush()
  expect(performance.now() - startedAt).toBeLessThan(3_000)
  redis.resume()
  const late = event()
  await until(async () => {
    dispatcher.dispatch([late])
    await dispatcher.flush()
    return (await jobs('audit-log')).flat().some(({ id }) => id === late.id)
  })
})

test('a refused job among others is noticed: its events are left to the sweeper', async () => {
  const redis = await ownRedis()
  const lines: { events?: number }[] = []
  const connection = connectProducer(redis.url, () => undefined)
  const dispatcher = createDispatcher({
    connection,
    prefix: 'full',
    log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }),
  })
  onTestFinished(async () => {
    await dispatcher.close()
    connection.disconnect()
  })
  await until(() => connection.status === 'ready')
  await connection.config('SET', 'maxmemory', '1')
  dispatcher.dispatch(eventList(3))
  await dispatcher.flush()
  expect(lines.some((line) => line.events === 3)).toBe(true)
})
