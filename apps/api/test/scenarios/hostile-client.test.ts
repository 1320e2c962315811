import { once } from 'node:events'
import { createServer } from 'node:http'
import { freePort, freshDatabase, freshRedis, startProcess, until } from '@goals-tasks/devstack/testing'
import { userScopes } from '@goals-tasks/http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import type { Outcomes } from './hostile/target.ts'

const attackSeconds = 25
const unloadedRounds = 60

/** Starts a key server. @returns its address, a function that signs a token, and how often keys were fetched */
async function startKeyServer() {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const foreign = await generateKeyPair('ES256')
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'ours', alg: 'ES256' }] })
  let fetches = 0
  const server = createServer((_request, response) => {
    fetches++
    response.setHeader('content-type', 'application/json').end(keys)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const sign = (sub: string, { kid = 'ours', key = privateKey } = {}) =>
    new SignJWT({ scope: userScopes.join(' ') })
      .setProtectedHeader({ alg: 'ES256', kid })
      .setSubject(sub)
      .setExpirationTime('1h')
      .sign(key)
  return {
    url: `http://127.0.0.1:${port}/`,
    sign,
    signBadly: async () => [
      await sign('11111111-1111-4111-8111-111111111111', { key: foreign.privateKey }),
      ...(await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          sign('11111111-1111-4111-8111-111111111111', { kid: `unknown-${i}`, key: foreign.privateKey }),
        ),
      )),
    ],
    fetches: () => fetches,
  }
}

/** Starts the API. Its log has no line per request, which would keep this process busy. */
async function startApi(jwksUrl: string) {
  const [{ url: databaseUrl }, redis] = [await freshDatabase(), freshRedis()]
  const [port, probePort] = [String(await freePort()), String(await freePort())]
  startProcess('apps/api/src/main.ts', {
    ...{ DATABASE_URL: databaseUrl, REDIS_URL: redis.url, QUEUE_PREFIX: redis.prefix, CACHE_PREFIX: redis.prefix },
    ...{ AUTH_JWKS_URL: jwksUrl, HOST: '127.0.0.1', PORT: port, PROBE_PORT: probePort, LOG_LEVEL: 'warn' },
  })
  const loadReadiness = async () => (await fetch(`http://127.0.0.1:${probePort}/readyz`)).text()
  await until(async () => (await loadReadiness()).includes('"ready"'))
  return { url: `http://127.0.0.1:${port}`, loadReadiness }
}

/** Returns a function that sends a few requests as a user, one after the other. Each must succeed. */
function createUser(url: string, token: string) {
  const latenciesMs: number[] = []
  const send = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const sentAt = performance.now()
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'if-match': '*' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    latenciesMs.push(performance.now() - sentAt)
    expect(response.ok, `${method} ${path}: ${response.status} ${text}`).toBe(true)
    return JSON.parse(text)
  }
  const work = async () => {
    const goal = await send('POST', '/v1/goals', { title: 'Learn to sail' })
    const task = await send('POST', `/v1/goals/${goal.id}/tasks`, { title: 'Tie knots' })
    await send('PATCH', `/v1/goals/${goal.id}`, { title: 'Learn to sail well' })
    await send('GET', `/v1/goals/${goal.id}`)
    await send('GET', `/v1/tasks/${task.id}`)
    await send('POST', `/v1/tasks/${task.id}/complete`)
    await send('GET', '/v1/goals?limit=20')
  }
  return { work, takeLatencies: () => latenciesMs.splice(0).sort((a, b) => a - b) }
}

const p99 = (ascending: readonly number[]) => ascending[Math.floor(0.99 * ascending.length)] ?? Number.NaN

/** Expects that an attack had these outcomes and no other, beside connections that were closed. */
function expectOnly(outcomes: Outcomes | undefined, allowed: readonly string[]) {
  const seen = Object.keys(outcomes ?? {}).filter((outcome) => outcome !== 'closed')
  expect(seen.length).toBeGreaterThan(0)
  expect(seen.filter((outcome) => !allowed.includes(outcome))).toEqual([])
}

test('every request of a well-behaved client succeeds while a hostile one attacks', async () => {
  const keys = await startKeyServer()
  const startedAt = performance.now()
  const api = await startApi(keys.url)
  const [goodToken, badToken] = [
    await keys.sign('22222222-2222-4222-8222-222222222222'),
    await keys.sign('33333333-3333-4333-8333-333333333333'),
  ]
  const user = createUser(api.url, goodToken)
  for (let i = 0; i < unloadedRounds; i++) await user.work()
  const unloaded = user.takeLatencies()

  const orders = { url: api.url, token: badToken, badTokens: await keys.signBadly(), seconds: attackSeconds }
  const attacker = startProcess('apps/api/test/scenarios/hostile/main.ts', {}, [JSON.stringify(orders)])
  const { idleConnections } = await attacker.waitForLog((line) => line.msg === 'attacking')
  let isAttacking = true
  void attacker.exit.then(() => {
    isAttacking = false
  })
  while (isAttacking) await user.work()
  const attacked = user.takeLatencies()
  const { outcomes } = (await attacker.waitForLog((line) => line.msg === 'done')) as {
    outcomes?: Record<string, Outcomes>
  }

  const [before, during] = [p99(unloaded), p99(attacked)]
  console.log({
    idleConnections,
    requests: attacked.length,
    p99Ms: { before, during, ratio: during / before },
    keyFetches: keys.fetches(),
    outcomes,
  })
  expect(idleConnections).toBe(10_000)
  expectOnly(outcomes?.['slow headers'], ['opened', '408'])
  expectOnly(outcomes?.['slow bodies'], ['opened', '408'])
  expectOnly(outcomes?.['idle connections'], ['opened', '408'])
  expectOnly(outcomes?.['compressed bombs'], ['413', '415'])
  expectOnly(outcomes?.['deep JSON'], ['400', '422'])
  expectOnly(outcomes?.['huge arrays of ids'], ['422'])
  expectOnly(outcomes?.['parallel retries'], ['201', '409'])
  expectOnly(outcomes?.['token flood'], ['401', '503'])
  // One fetch at the start, and one per cooldown of ten seconds.
  const seconds = (performance.now() - startedAt) / 1_000
  expect(keys.fetches()).toBeLessThanOrEqual(2 + seconds / 10)
  expect(await api.loadReadiness()).toContain('"ready"')
})
