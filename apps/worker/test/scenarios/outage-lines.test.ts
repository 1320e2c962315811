import { migrate } from '@goals-tasks/db'
import { freshRedis, ownPostgres, ownRedis, startProcess } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'

async function startWorker() {
  const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
  await migrate(postgres.url)
  const { url: CACHE_REDIS_URL, prefix: CACHE_PREFIX } = freshRedis()
  const environment = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, CACHE_REDIS_URL, CACHE_PREFIX }
  const worker = startProcess('apps/worker/src/main.ts', environment)
  await worker.waitForLog((line) => line.msg === 'ready')
  return { worker, servers: { Postgres: postgres, Redis: redis } }
}

test.for([
  ['Postgres', 'events wait in it'],
  ['Redis', 'events wait in Postgres'],
] as const)('a worker logs two lines about an outage when %s hangs', async ([name, effect]) => {
  const { worker, servers } = await startWorker()
  const before = worker.logs.length
  servers[name].pause()
  await worker.waitForLog((line) => line.msg === `${name} does not answer; ${effect}`)
  servers[name].resume()
  await worker.waitForLog((line) => line.msg === `${name} is back`)
  const lines = worker.logs.slice(before).map(({ level, msg }) => `${level} ${msg}`)
  expect(lines).toEqual([`warn ${name} does not answer; ${effect}`, `info ${name} is back`])
})
