import { recordFailure } from '@goals-tasks/db'
import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import { loadStatus } from '@goals-tasks/operations'
import { beforeEach, describe, expect, test } from 'vitest'
import { registerStatusMetrics } from '../src/status/metrics.ts'
import { bearer, startOps } from './support/start-ops.ts'

const ops = await startOps()
const { app, pool, queues } = ops
beforeEach(() => pool.query('truncate deliveries, dead_letters, events'))

const status = async () => (await app.inject({ url: '/ops/status', headers: await bearer() })).json()
const of = (consumer: string, { consumers }: { consumers: { consumer: string }[] }) =>
  consumers.find((c) => c.consumer === consumer)

test('the status tells of each consumer what waits, since when, and what it gave up', async () => {
  expect(of('sync', await status())).toEqual({
    consumer: 'sync',
    queue: { waiting: 0, active: 0, delayed: 0, failed: 0, paused: false, workers: 0 },
    oldestPendingSeconds: null,
    pendingDeliveries: 0,
    deadLetters: 0,
    lastError: null,
  })
  await ops.createDeadLetter('sync')
  await ops.createGoal()
  const { queue } = ops.queueOf('sync')
  await queue.add('goal:created', { events: [] })
  await queue.add('goal:created', { events: [] }, { delay: 60_000 })
  await queue.pause()
  const found = of('sync', await status())
  expect(found).toMatchObject({
    queue: { waiting: 1, delayed: 1, paused: true },
    pendingDeliveries: 1,
    deadLetters: 1,
    oldestPendingSeconds: expect.any(Number),
  })
})

test('the oldest pending event is as old as the event, whenever its delivery is due', async () => {
  await pool.query(
    `insert into deliveries (consumer, event_id) values ('sync', uuidv7(interval '-10 minutes')), ('sync', uuidv7())`,
  )
  const { consumers } = await loadStatus({ pool, queues })
  expect(consumers.find((c) => c.consumer === 'sync')?.oldestPendingSeconds).toBeCloseTo(600, -1)
})

test('the last error is that of the newest event in trouble, whether it is still pending or was given up', async () => {
  const lastError = async () => {
    const { consumers } = await loadStatus({ pool, queues })
    return consumers.find((c) => c.consumer === 'sync')?.lastError
  }
  const fail = async (error: string) => {
    const { id: eventId } = await ops.createGoal()
    await recordFailure(pool, { consumer: 'sync', eventId, error, delaysMs: [60_000], leaseMs: 30_000 })
    return eventId
  }
  const given = await ops.createDeadLetter('sync', 'it was refused')
  expect(await lastError()).toMatchObject({ eventId: given.eventId, error: 'it was refused', givenUp: true })
  const eventId = await fail('it timed out')
  await ops.createGoal()
  expect(await lastError()).toEqual({
    eventId,
    error: 'it timed out',
    attempts: 1,
    givenUp: false,
    eventAgeSeconds: expect.any(Number),
  })
  const newer = await ops.createDeadLetter('sync', 'it was refused again')
  expect(await lastError()).toMatchObject({ eventId: newer.eventId, givenUp: true })
})

test('an unknown query parameter is 400', async () => {
  expect((await app.inject({ url: '/ops/status?all=1', headers: await bearer() })).statusCode).toBe(400)
})

describe('the metrics', () => {
  const scrape = async (load = () => loadStatus({ pool, queues })) => {
    const registry = createRegistry()
    registerStatusMetrics(registry, load, createLogger('test', 'silent'))
    return registry.metrics()
  }

  test('are read when they are scraped, once for all gauges', async () => {
    await ops.createDeadLetter('audit-log')
    let reads = 0
    const text = await scrape(() => {
      reads += 1
      return loadStatus({ pool, queues })
    })
    expect(text).toContain('gt_dead_letters{consumer="audit-log"} 1')
    expect(text).toMatch(/gt_queue_jobs\{consumer="sync",state="waiting"\} \d/)
    expect(text).toContain('gt_unpartitioned_events 0')
    expect(reads).toBe(1)
  })

  test('count a recent event without a weekly partition, not one that a replay put back', async () => {
    const insert = `insert into events_default (id, position, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
      overriding system value values ($1, 0, 't', 'goal', gen_random_uuid(), 1, 0, gen_random_uuid(), '{}')`
    const { rows } = await pool.query(`select uuidv7(interval '60 days') as ahead, uuidv7(interval '-90 days') as past`)
    await pool.query(insert, [rows[0].past])
    expect(await scrape()).toContain('gt_unpartitioned_events 0')
    await pool.query(insert, [rows[0].ahead])
    expect(await scrape()).toContain('gt_unpartitioned_events 1')
  })

  test('leave out what cannot be read', async () => {
    const text = await scrape(() => Promise.reject(new Error('away')))
    expect(text).not.toMatch(/^gt_dead_letters\{/m)
    expect(text).toContain('process_cpu_user_seconds_total')
  })
})

test('without Redis the status stands, a replay is committed, and the board says that it is unavailable', async () => {
  const redis = await ownRedis()
  const alone = await startOps({ redisUrl: redis.url })
  await until(() => alone.queues.available())
  const { id, eventId } = await alone.createDeadLetter('sync')
  const headers = await bearer()
  const send = (method: 'GET' | 'POST', url: string) => alone.app.inject({ method, url, headers })
  const away = {
    redis: 'away',
    consumers: expect.arrayContaining([expect.objectContaining({ consumer: 'sync', queue: null, deadLetters: 1 })]),
  }

  redis.pause()
  expect((await send('GET', '/ops/status')).json()).toMatchObject(away)
  redis.resume()
  await redis.stop()
  await until(() => !alone.queues.available())
  expect((await send('GET', '/ops/status')).json()).toMatchObject(away)
  expect((await send('POST', `/ops/dead-letters/${id}/replay`)).statusCode).toBe(200)
  const { rows } = await alone.pool.query(`select event_id as id from deliveries where consumer = 'sync'`)
  expect(rows).toEqual([{ id: eventId }])
  expect((await send('GET', '/ops/queues/api/queues')).json()).toMatchObject({ status: 503, code: 'unavailable' })
})

test('a Redis that was never there holds nothing up', async () => {
  const alone = await startOps({ redisUrl: 'redis://127.0.0.1:9' })
  const { id } = await alone.createDeadLetter('sync')
  const headers = await bearer()
  expect((await alone.app.inject({ url: '/ops/status', headers })).json()).toMatchObject({ redis: 'away' })
  const replay = await alone.app.inject({ method: 'POST', url: `/ops/dead-letters/${id}/replay`, headers })
  expect(replay.statusCode).toBe(200)
  expect((await alone.app.inject({ method: 'DELETE', url: `/ops/dead-letters/${id}`, headers })).statusCode).toBe(404)
})
