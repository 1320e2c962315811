import { loadRunningProcesses } from '@goals-tasks/db'
import { freshDatabase, freshRedis, ownRedis, startProcess, until } from '@goals-tasks/devstack/testing'
import { Redis } from 'ioredis'
import { expect } from 'vitest'
import type { Installation } from './support/installation.ts'
import { pendingDeliveries } from './support/rows.ts'
import { test } from './support/test.ts'
import { writeGoals } from './support/writer.ts'

const main = 'apps/worker/src/main.ts'
const environmentOf = ({ url, redisUrl, prefix }: Installation) => ({
  DATABASE_URL: url,
  REDIS_URL: redisUrl,
  QUEUE_PREFIX: prefix,
  CACHE_PREFIX: prefix,
  PROBE_PORT: '0',
})

test('a worker refuses to start and lists the consumers when one is unknown', async () => {
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

test('a worker refuses to start and names the setting when Redis evicts', async () => {
  const redis = await ownRedis()
  const client = new Redis(redis.url)
  await client.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru')
  client.disconnect()
  const worker = startProcess(main, { DATABASE_URL: (await freshDatabase()).url, REDIS_URL: redis.url })
  expect(await worker.exit).toMatchObject({ code: 1 })
  expect(worker.stderr()).toContain('maxmemory-policy allkeys-lru')
})

test('a worker records that it runs, writes nothing to standard error, and stops with its work done', async ({
  installation,
}) => {
  const worker = startProcess(main, environmentOf(installation))
  await worker.waitForLog((line) => line.msg === 'ready')
  installation.dispatcher.dispatch(await writeGoals(installation, 1))
  await until(async () => Object.keys(await pendingDeliveries(installation.pool)).length === 0)
  const running = () => loadRunningProcesses(installation.pool)
  await until(async () => (await running()).length > 0)
  expect(await running()).toEqual([
    expect.objectContaining({ role: 'worker', pid: worker.pid, consumers: expect.arrayContaining(['sync']) }),
  ])
  worker.kill('SIGTERM')
  expect(await worker.exit).toEqual({ code: 0, signal: null })
  expect(await running()).toEqual([])
  expect(worker.stderr()).toBe('')
  expect(worker.logs.filter((line) => line.msg === 'done').map((line) => line.consumer)).toContain('audit-log')
})
