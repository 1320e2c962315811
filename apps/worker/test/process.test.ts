import { freshDatabase, freshRedis, ownRedis, startProcess, until } from '@goals-tasks/devstack/testing'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { createInstallation, pendingDeliveries, writeGoals } from './harness.ts'

const main = 'apps/worker/src/main.ts'
const environment = (on: { url: string; redisUrl: string; prefix: string }) => ({
  DATABASE_URL: on.url,
  REDIS_URL: on.redisUrl,
  QUEUE_PREFIX: on.prefix,
  CACHE_PREFIX: on.prefix,
  PROBE_PORT: '0',
})

test('an unknown consumer name refuses to start and says which ones there are', async () => {
  const { url } = freshRedis()
  const worker = startProcess(main, {
    DATABASE_URL: 'postgres://nowhere/x',
    REDIS_URL: url,
    WORKER_CONSUMERS: 'audit-log,sink',
  })
  expect(await worker.exit).toMatchObject({ code: 1 })
  expect(worker.stderr()).toContain('WORKER_CONSUMERS names no consumer: sink')
  expect(worker.stderr()).toContain('audit-log, cache-invalidation, notifications, sync')
})

test('a Redis that evicts is refused by the name of the setting', async () => {
  const redis = await ownRedis()
  const client = new Redis(redis.url)
  await client.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru')
  client.disconnect()
  const worker = startProcess(main, { DATABASE_URL: (await freshDatabase()).url, REDIS_URL: redis.url })
  expect(await worker.exit).toMatchObject({ code: 1 })
  expect(worker.stderr()).toContain('maxmemory-policy allkeys-lru')
})

test('a worker starts without a word on standard error and stops with its work done', async () => {
  const on = await createInstallation()
  const worker = startProcess(main, environment(on))
  await worker.waitForLog((line) => line.msg === 'ready')
  on.dispatcher.dispatch(await writeGoals(on, 1))
  await until(async () => Object.keys(await pendingDeliveries(on.pool)).length === 0)
  worker.kill('SIGTERM')
  expect(await worker.exit).toEqual({ code: 0, signal: null })
  expect(worker.stderr()).toBe('')
  expect(worker.logs.filter((line) => line.msg === 'done').map((line) => line.consumer)).toContain('audit-log')
})
