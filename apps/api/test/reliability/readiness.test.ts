import { createDatabase } from '@goals-tasks/db'
import { freePort, freshDatabase, ownRedis, startProcess, until } from '@goals-tasks/devstack/testing'
import { connectProducer } from '@goals-tasks/events'
import { expect, onTestFinished, test } from 'vitest'

/** Starts the API. Returns a function that loads its readiness. */
async function startApi(databaseUrl: string, redisUrl: string) {
  const probePort = String(await freePort())
  const api = startProcess('apps/api/src/main.ts', {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    AUTH_JWT_SECRET: 'a-secret-for-tests-of-32-characters',
    HOST: '127.0.0.1',
    PORT: '0',
    PROBE_PORT: probePort,
  })
  await api.waitForLog((line) => line.msg === 'ready')
  return async () => {
    const response = await fetch(`http://127.0.0.1:${probePort}/readyz`)
    return { httpStatus: response.status, ...((await response.json()) as object) }
  }
}

function openAdmin(databaseUrl: string, redisUrl: string) {
  const database = createDatabase({ url: databaseUrl, poolSize: 1, name: 'test', onError: () => undefined })
  const redis = connectProducer(redisUrl, () => undefined)
  onTestFinished(async () => {
    redis.disconnect()
    await database.close()
  })
  return { pool: database.pool, redis }
}

test('the API is degraded when Redis is a replica, and unavailable when Postgres is read-only', async () => {
  const [{ url }, redis, master] = await Promise.all([freshDatabase(), ownRedis(), ownRedis()])
  const admin = openAdmin(url, redis.url)
  await until(() => admin.redis.status === 'ready')
  const readiness = await startApi(url, redis.url)
  await until(async () => expect(await readiness()).toMatchObject({ httpStatus: 200, status: 'ready' }))
  await admin.redis.replicaof('127.0.0.1', Number(new URL(master.url).port))
  const refused = expect.stringMatching(/^READONLY /)
  await until(async () =>
    expect(await readiness()).toMatchObject({
      httpStatus: 200,
      status: 'degraded',
      checks: { postgres: 'ok', redis: refused, cache: refused },
    }),
  )

  const name = new URL(url).pathname.slice(1)
  await admin.pool.query(`alter database ${name} set default_transaction_read_only = on`)
  const readinessOfNew = await startApi(url, redis.url)
  expect(await readinessOfNew()).toMatchObject({
    httpStatus: 503,
    status: 'unavailable',
    checks: { postgres: 'read-only: default_transaction_read_only is on' },
  })
})
