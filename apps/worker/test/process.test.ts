import { freshDatabase, freshRedis, ownRedis, startProcess, until } from '@goals-tasks/devstack/testing'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { createInstallation, createWriter, pendingDeliveries } from './harness.ts'

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

test('two processes share the consumers, and stopping one stops only its own', async () => {
  const on = await createInstallation()
  const write = createWriter(on.pool)
  const trail = startProcess(main, { ...environment(on), WORKER_CONSUMERS: 'audit-log' })
  const others = startProcess(main, { ...environment(on), WORKER_CONSUMERS: 'notifications,sync,cache-invalidation' })
  await trail.waitForLog((line) => line.msg === 'ready')
  await others.waitForLog((line) => line.msg === 'ready')
  on.dispatcher.nudge((await write.goal()).events)
  await until(async () => Object.keys(await pendingDeliveries(on.pool)).length === 0)

  trail.kill('SIGTERM')
  expect(await trail.exit).toEqual({ code: 0, signal: null })
  on.dispatcher.nudge((await write.goal()).events)
  await until(async () => expect(await pendingDeliveries(on.pool)).toEqual({ 'audit-log': 1 }))

  startProcess(main, { ...environment(on), WORKER_CONSUMERS: 'audit-log' })
  await until(async () => Object.keys(await pendingDeliveries(on.pool)).length === 0)
})
