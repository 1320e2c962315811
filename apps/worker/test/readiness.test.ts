import { createDatabase } from '@goals-tasks/db'
import { freshDatabase, freshRedis, ownRedis, until } from '@goals-tasks/devstack/testing'
import { connectProducer } from '@goals-tasks/events'
import { expect, onTestFinished, test } from 'vitest'
import { readiness } from '../src/readiness.ts'

function open(databaseUrl: string, redisUrl: string) {
  const database = createDatabase({ url: databaseUrl, poolSize: 2, name: 'test', onError: () => undefined })
  const redis = connectProducer(redisUrl, () => undefined)
  onTestFinished(async () => {
    redis.disconnect()
    await database.close()
  })
  return { pool: database.pool, redis }
}

test('a worker is ready when Postgres and Redis answer', async () => {
  const { pool, redis } = open((await freshDatabase()).url, freshRedis().url)
  await until(() => redis.status === 'ready')
  expect(await readiness(pool, redis)).toEqual({ status: 'ready', checks: { postgres: 'ok', redis: 'ok' } })
})

test('a worker is unavailable when Postgres is away', async () => {
  const { pool, redis } = open('postgres://a:b@127.0.0.1:1/nowhere', freshRedis().url)
  await until(() => redis.status === 'ready')
  expect(await readiness(pool, redis)).toEqual({ status: 'unavailable', checks: { postgres: 'away', redis: 'ok' } })
})

test('a worker is unavailable when Redis hangs', async () => {
  const server = await ownRedis()
  const { pool, redis } = open((await freshDatabase()).url, server.url)
  await until(() => redis.status === 'ready')
  server.pause()
  expect(await readiness(pool, redis)).toEqual({ status: 'unavailable', checks: { postgres: 'ok', redis: 'away' } })
})
