import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createDatabase } from '@goals-tasks/db'
import { freshDatabase, freshRedis, startProcess } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { fromOurPage, secret, signToken } from './support/start-ops.ts'

async function freePort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return String(port)
}

async function environment() {
  const { url, prefix } = freshRedis()
  const [ops, probes] = [await freePort(), await freePort()]
  const database = await freshDatabase()
  return {
    DATABASE_URL: database.url,
    REDIS_URL: url,
    QUEUE_PREFIX: prefix,
    AUTH_JWT_SECRET: secret,
    OPS_PORT: ops,
    PROBE_PORT: probes,
    HOST: '127.0.0.1',
  }
}

const start = (env: Record<string, string>) => startProcess('apps/ops/src/main.ts', env)

test('the process answers for the others too, logs a browser in without logging its token, and stops cleanly', async () => {
  const env = await environment()
  const program = start({ ...env, OPS_READY_URLS: 'http://127.0.0.1:9/readyz' })
  await program.waitForLog((line) => line.msg === 'ready', { timeoutMs: 25_000 })
  const ready = await fetch(`http://127.0.0.1:${env.PROBE_PORT}/readyz`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toMatchObject({ checks: { postgres: 'ok', redis: 'ok', '127.0.0.1:9': 'unavailable' } })
  expect(await (await fetch(`http://127.0.0.1:${env.PROBE_PORT}/metrics`)).text()).toContain(
    'gt_oldest_pending_seconds{consumer="sync"} 0',
  )

  const token = await signToken('ops')
  const base = `http://127.0.0.1:${env.OPS_PORT}`
  const headers = { ...fromOurPage, 'content-type': 'application/json' }
  const login = await fetch(`${base}/ops/login`, { method: 'POST', headers, body: JSON.stringify({ token }) })
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  expect((await fetch(`${base}/ops/queues/api/queues`, { headers: { cookie } })).status).toBe(200)

  await program.waitForLog((line) => line.msg === 'operator logged in')
  program.kill()
  expect(await program.exit).toEqual({ code: 0, signal: null })
  expect(program.stdout()).not.toContain(token)
  expect(program.stdout()).not.toContain(cookie)
})

test('without a key, or in production with a generated one, it does not start', async () => {
  const { AUTH_JWT_SECRET: _, ...env } = await environment()
  const refused = async (more: Record<string, string>) => {
    const program = start({ ...env, ...more })
    return { ...(await program.exit), said: program.stderr() }
  }
  const generated = { NODE_ENV: 'production', AUTH_JWT_SECRET: `dev-only-${secret}` }
  const [without, withGenerated] = await Promise.all([refused({ NODE_ENV: 'production' }), refused(generated)])
  expect(without).toMatchObject({ code: 1, said: expect.stringContaining('AUTH_JWT_SECRET') })
  expect(withGenerated).toMatchObject({ code: 1, said: expect.stringContaining('refused in production') })
})

test('it does not start on a schema that lacks a migration', async () => {
  const env = await environment()
  const database = createDatabase({ url: env.DATABASE_URL, poolSize: 1, name: 'test', onError: () => undefined })
  await database.pool.query(
    'delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations)',
  )
  await database.close()
  const program = start(env)
  expect(await program.exit).toMatchObject({ code: 1 })
  expect(program.stderr()).toContain('npm run migrate')
})
