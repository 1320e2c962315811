import { ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { bearer } from './support/actors.ts'
import { startOps } from './support/ops.ts'

test('the status and a replay work and Bull Board gets 503 when Redis hangs or stops', async () => {
  const redis = await ownRedis()
  const ops = await startOps({ redisUrl: redis.url })
  await until(() => ops.queues.available())
  const { id, eventId } = await ops.createDeadLetter('sync')
  const headers = await bearer()
  const send = (method: 'GET' | 'POST', url: string) => ops.app.inject({ method, url, headers })
  const away = {
    redis: 'away',
    consumers: expect.arrayContaining([expect.objectContaining({ consumer: 'sync', queue: null, deadLetters: 1 })]),
  }

  redis.pause()
  expect((await send('GET', '/ops/status')).json()).toMatchObject(away)
  redis.resume()
  await redis.stop()
  await until(() => !ops.queues.available())
  expect((await send('GET', '/ops/status')).json()).toMatchObject(away)
  expect((await send('POST', `/ops/dead-letters/${id}/replay`)).statusCode).toBe(200)
  const { rows } = await ops.pool.query(`select event_id as id from deliveries where consumer = 'sync'`)
  expect(rows).toEqual([{ id: eventId }])
  expect((await send('GET', '/ops/queues/api/queues')).json()).toMatchObject({ status: 503, code: 'unavailable' })
})

test('the status and a replay respond when Redis was never reachable', async () => {
  const ops = await startOps({ redisUrl: 'redis://127.0.0.1:9' })
  const { id } = await ops.createDeadLetter('sync')
  const headers = await bearer()
  expect((await ops.app.inject({ url: '/ops/status', headers })).json()).toMatchObject({ redis: 'away' })
  const replay = await ops.app.inject({ method: 'POST', url: `/ops/dead-letters/${id}/replay`, headers })
  expect(replay.statusCode).toBe(200)
  expect((await ops.app.inject({ method: 'DELETE', url: `/ops/dead-letters/${id}`, headers })).statusCode).toBe(404)
})

test('Bull Board says that Redis does not answer when Redis hangs, and works again after it', async () => {
  const redis = await ownRedis()
  const ops = await startOps({ redisUrl: redis.url })
  await until(() => ops.queues.available())
  const headers = await bearer()
  const open = (url: string, accept: string) => ops.app.inject({ url, headers: { ...headers, accept } })

  redis.pause()
  const page = await open('/ops/queues', 'text/html')
  expect(page.statusCode).toBe(503)
  expect(page.body).toContain('Redis does not answer. Bull Board comes back with it.')
  const response = await open('/ops/queues/api/queues', 'application/json')
  expect(response.json()).toMatchObject({
    status: 503,
    code: 'unavailable',
    detail: expect.stringContaining('Redis does not answer'),
  })

  redis.resume()
  await until(async () => (await open('/ops/queues', 'text/html')).statusCode === 200)
  expect((await open('/ops/queues/api/queues', 'application/json')).statusCode).toBe(200)
})
