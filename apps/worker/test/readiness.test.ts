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
  const ready = { status: 'ready', checks: { postgres: 'ok', redis: 'ok' } }
  await until(async () => expect(await readiness(pool, redis, 'p')).toEqual(ready))
})

test('a worker is unavailable when Postgres is away', async () => {
  const { pool, redis } = open('postgres://a:b@127.0.0.1:1/nowhere', freshRedis().url)
  await until(() => redis.status === 'ready')
  expect(await readiness(pool, redis, 'p')).toEqual({
    status: 'unavailable',
    checks: { postgres: 'away', redis: 'ok' },
  })
})

test('a worker is unavailable when Redis hangs', async () => {
  const server = await ownRedis()
  const { pool, redis } = open((await freshDatabase()).url, server.url)
  await until(() => redis.status === 'ready')
  server.pause()
  expect(await readiness(pool, redis, 'p')).toEqual({
    status: 'unavailable',
    checks: { postgres: 'ok', redis: 'away' },
  })
})

test('a worker is unavailable with the reason when Postgres is read-only', async () => {
  const { url } = await freshDatabase()
  const admin = open(url, freshRedis().url)
  const name = new URL(url).pathname.slice(1)
  await admin.pool.query(`alter database ${name} set default_transaction_read_only = on`)
  const { pool, redis } = open(url, freshRedis().url)
  await until(() => redis.status === 'ready')
  expect(await readiness(pool, redis, 'p')).toEqual({
    status: 'unavailable',
    checks: { postgres: 'read-only: default_transaction_read_only is on', redis: 'ok' },
  })
})

test('a worker is unavailable with the reason when Redis is a replica or full', async () => {
  const [master, replica] = await Promise.all([ownRedis(), ownRedis()])
  const { pool, redis } = open((await freshDatabase()).url, replica.url)
  const ready = () => until(() => redis.status === 'ready').then(() => readiness(pool, redis, 'p'))
  await until(() => redis.status === 'ready')
  await redis.config('SET', 'maxmemory', '1')
  expect(await ready()).toMatchObject({ status: 'unavailable', checks: { redis: expect.stringMatching(/^OOM /) } })
  await redis.config('SET', 'maxmemory', '0')
  await redis.replicaof('127.0.0.1', Number(new URL(master.url).port))
  expect(await ready()).toMatchObject({ status: 'unavailable', checks: { redis: expect.stringMatching(/^READONLY /) } })
})
