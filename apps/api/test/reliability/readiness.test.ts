import { randomUUID } from 'node:crypto'
import { createDatabase } from '@goals-tasks/db'
import { freshDatabase, ownRedis, until } from '@goals-tasks/devstack/testing'
import { connectProducer } from '@goals-tasks/events'
import { expect, onTestFinished, test } from 'vitest'
import { startApiProcess } from '../support/api-process.ts'
import { signToken } from '../support/token.ts'

/** Starts the API. Returns its address and a function that loads its readiness. */
async function startApi(databaseUrl: string, redisUrl: string, settings: Record<string, string> = {}) {
  const { url, probeUrl } = await startApiProcess(
    { database: { url: databaseUrl }, redis: { url: redisUrl } },
    settings,
  )
  const readiness = async () => {
    const response = await fetch(`${probeUrl}/readyz`)
    return { httpStatus: response.status, ...((await response.json()) as object) }
  }
  return { url, readiness }
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
  const { readiness } = await startApi(url, redis.url)
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
  const other = await startApi(url, redis.url)
  expect(await other.readiness()).toMatchObject({
    httpStatus: 503,
    status: 'unavailable',
    checks: { postgres: 'read-only: default_transaction_read_only is on' },
  })
})

test('the API is ready while requests occupy all of its connections to Postgres', async () => {
  const [{ url: databaseUrl }, redis] = [await freshDatabase(), await ownRedis()]
  const admin = openAdmin(databaseUrl, redis.url)
  const api = await startApi(databaseUrl, redis.url, { DB_POOL_SIZE: '1' })
  const headers = {
    ...{ authorization: `Bearer ${await signToken(randomUUID(), 'goals:write goals:read')}`, 'if-match': '*' },
    'content-type': 'application/json',
  }
  const send = (method: string, path = '') =>
    fetch(`${api.url}/v1/goals${path}`, { method, headers, body: JSON.stringify({ title: randomUUID() }) })
  const { id } = (await (await send('POST')).json()) as { id: string }

  const holder = await admin.pool.connect()
  await holder.query('begin')
  await holder.query('select from goals where id = $1 for update', [id])
  // A change waits for the lock for 3 s at most, so the next one follows it.
  let isHeld = true
  const letGo = async () => {
    if (!isHeld) return
    isHeld = false
    await holder.query('rollback')
    holder.release()
  }
  onTestFinished(letGo)
  const changes = async () => {
    while (isHeld) await send('PATCH', `/${id}`)
    return send('PATCH', `/${id}`)
  }
  const last = changes()
  const waiting = 'select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))'
  await until(async () => (await holder.query(waiting)).rowCount === 1)
  expect(await api.readiness()).toMatchObject({ httpStatus: 200, status: 'ready' })
  await letGo()
  expect((await last).status).toBe(200)
})
