import { once } from 'node:events'
import { connect } from 'node:net'
import { createDatabase } from '@goals-tasks/db'
import { freePort, freshDatabase, freshRedis, startProcess } from '@goals-tasks/devstack/testing'
import { test as base, expect } from 'vitest'
import { sameOrigin, secret, signToken } from './support/actors.ts'

const test = base.extend('environment', async () => {
  const { url, prefix } = freshRedis()
  const database = await freshDatabase()
  return {
    DATABASE_URL: database.url,
    REDIS_URL: url,
    QUEUE_PREFIX: prefix,
    AUTH_JWT_SECRET: secret,
    OPS_PORT: String(await freePort()),
    PROBE_PORT: String(await freePort()),
    HOST: '127.0.0.1',
  }
})

const start = (env: Record<string, string>) => startProcess('apps/ops/src/main.ts', env)

test('ops reports the readiness of all processes, logs no token of a login and stops cleanly', async ({
  environment,
}) => {
  const ops = start({ ...environment, OPS_READY_URLS: 'http://127.0.0.1:9/readyz' })
  await ops.waitForLog((line) => line.msg === 'ready')
  const probes = `http://127.0.0.1:${environment.PROBE_PORT}`
  const ready = await fetch(`${probes}/readyz`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toMatchObject({ checks: { postgres: 'ok', redis: 'ok', '127.0.0.1:9': 'unavailable' } })
  expect(await (await fetch(`${probes}/metrics`)).text()).toContain('gt_oldest_pending_seconds{consumer="sync"} 0')

  const token = await signToken('ops')
  const base = `http://127.0.0.1:${environment.OPS_PORT}`
  const headers = { ...sameOrigin, 'content-type': 'application/json' }
  const login = await fetch(`${base}/ops/login`, { method: 'POST', headers, body: JSON.stringify({ token }) })
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  expect((await fetch(`${base}/ops/queues/api/queues`, { headers: { cookie } })).status).toBe(200)

  await ops.waitForLog((line) => line.msg === 'operator logged in')
  ops.kill()
  expect(await ops.exit).toEqual({ code: 0, signal: null })
  expect(ops.stdout()).not.toContain(token)
  expect(ops.stdout()).not.toContain(cookie)
})

test('a stopping process is not ready, still takes requests for a while, and waits for no silent connection', async ({
  environment,
}) => {
  const ops = start({ ...environment, SHUTDOWN_DELAY_MS: '2000', SHUTDOWN_TIMEOUT_MS: '600000' })
  await ops.waitForLog((line) => line.msg === 'ready')
  const login = () => fetch(`http://127.0.0.1:${environment.OPS_PORT}/ops/login`)
  const readyz = () => fetch(`http://127.0.0.1:${environment.PROBE_PORT}/readyz`)
  const silent = connect(Number(environment.OPS_PORT), '127.0.0.1')
  await once(silent, 'connect')
  expect((await readyz()).status).toBe(200)

  const startMs = performance.now()
  ops.kill()
  await ops.waitForLog((line) => line.msg === 'stopping')
  const stopping = await readyz()
  expect([stopping.status, await stopping.json()]).toEqual([503, expect.objectContaining({ status: 'unavailable' })])
  expect((await login()).status).toBe(200)
  expect(await ops.exit).toEqual({ code: 0, signal: null })
  expect(ops.logs.at(-1)).toMatchObject({ msg: 'stopped' })
  // The silent connection did not delay the end: the test would be over before the shutdown timeout.
  expect(performance.now() - startMs).toBeGreaterThan(2_000)
})

test('ops does not start without a key, or in production with a generated one', async ({ environment }) => {
  const { AUTH_JWT_SECRET: _, ...withoutKey } = environment
  const startRefused = async (more: Record<string, string>) => {
    const ops = start({ ...withoutKey, ...more })
    return { ...(await ops.exit), stderr: ops.stderr() }
  }
  const generated = { NODE_ENV: 'production', AUTH_JWT_SECRET: `dev-only-${secret}` }
  const [without, withGenerated] = await Promise.all([
    startRefused({ NODE_ENV: 'production' }),
    startRefused(generated),
  ])
  expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('AUTH_JWT_SECRET') })
  expect(withGenerated).toMatchObject({ code: 1, stderr: expect.stringContaining('refused in production') })
})

test('ops does not start when the schema lacks a migration', async ({ environment }) => {
  const { DATABASE_URL: url } = environment
  const database = createDatabase({ url, poolSize: 1, name: 'test', onError: () => undefined })
  await database.pool.query(
    'delete from drizzle.__drizzle_migrations where id = (select min(id) from drizzle.__drizzle_migrations)',
  )
  await database.close()
  const ops = start(environment)
  expect(await ops.exit).toMatchObject({ code: 1 })
  expect(ops.stderr()).toContain('npm run migrate')
})
