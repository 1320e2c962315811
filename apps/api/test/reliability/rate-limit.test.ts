import { randomUUID } from 'node:crypto'
import { startTcpProxy, until } from '@goals-tasks/devstack/testing'
import { createVerifier } from '@goals-tasks/http'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import pg from 'pg'
import { expect } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { createApiKeys } from '../../src/authentication/api-keys.ts'
import { createKey } from '../../src/authentication/key-format.ts'
import { readRateLimits } from '../../src/rate-limits.ts'
import { readMetric, startBeside } from '../support/beside.ts'
import { openEventStream } from '../support/event-streams.ts'
import { openFeedSocket } from '../support/feed-sockets.ts'
import { test as base } from '../support/test.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'
import { auth } from '../support/token.ts'
import { insertWebhook } from '../support/webhooks.ts'

/** A window in which a test refills nothing. */
const daily = (quota: number) => `${quota}/86400`
const vip = randomUUID()
const sender = randomUUID()
const rateLimits = readRateLimits([
  ...[`user=${daily(20)}`, `key=${daily(7)}`, `address=${daily(4)}`, `${vip}=${daily(1_000)}`],
  `${sender}=${daily(125)}`,
])

const test = base.override('apiOptions', { rateLimits })

/** Waits until the limiter of an API is connected to Redis, so that it shares its buckets. */
async function untilShared(api: Pick<TestApp, 'as' | 'limiter'>): Promise<void> {
  const user = await api.as(vip)
  await until(async () => {
    const before = api.limiter.counters.local
    await user.get('/v1/goals')
    return api.limiter.counters.local === before
  })
}

test.beforeAll(({ api }) => untilShared(api))

test('a response has the policy and the rest of the quota', async ({ api }) => {
  const user = await api.as()
  const first = await user.get('/v1/goals')
  expect(first.headers).toMatchObject({ 'ratelimit-policy': '"user";q=20;w=86400', ratelimit: '"user";r=18;t=8640' })
  // A write costs five and a read one, and a refusal has the headers as well.
  expect((await user.post('/v1/goals', { title: 'x' })).headers.ratelimit).toMatch(/^"user";r=13;t=/)
  expect((await user.get(`/v1/goals/${randomUUID()}`)).headers.ratelimit).toMatch(/^"user";r=12;t=/)
  expect((await user.get('/v1/goals?limit=many')).headers.ratelimit).toMatch(/^"user";r=10;t=/)
})

test('a sync run and a replay take 50 units each, and are refused while fewer are left', async ({ api }) => {
  const user = await api.as(sender)
  await user.createGoal()
  const webhookId = await insertWebhook(api.pool, user.id)
  const replay = () => user.post(`/v1/webhooks/${webhookId}/replay`, { from: '2026-01-01T00:00:00Z' })
  const answers = [await user.post('/v1/sync-runs', { webhookId }), await replay(), await replay()]
  answers.push(await user.get(`/v1/webhooks/${webhookId}/undelivered`))
  answers.push(await user.get(`/v1/webhooks/${webhookId}/messages`))
  const shown = answers.map(({ status, headers }) => `${status} ${/r=\d+/.exec(String(headers.ratelimit))}`)
  expect(shown).toEqual(['202 r=70', '202 r=20', '429 r=20', '200 r=15', '200 r=13'])
})

test('a refused request gets a problem that names the policy, and changes nothing', async ({ api }) => {
  const user = await api.as()
  for (let i = 0; i < 4; i++) expect((await user.post('/v1/goals', { title: 'x' })).status).toBe(201)
  const refused = await user.post('/v1/goals', { title: 'x' })
  expect(refused).toMatchObject({
    status: 429,
    body: { code: 'rate-limited', policy: 'user' },
    headers: { 'ratelimit-policy': '"user";q=20;w=86400', 'retry-after': expect.stringMatching(/^[1-9]\d*$/) },
  })
  expect(refused.headers.ratelimit).toMatch(/^"user";r=0;t=/)
  const { rows } = await api.pool.query('select count(*)::int as count from goals where user_id = $1', [user.id])
  expect(rows).toEqual([{ count: 4 }])
})

test('a stream and a socket take units of the quota, and are refused without any left', async ({ api }) => {
  const user = await api.as()
  const stream = await openEventStream(api, { userId: user.id })
  expect(stream.response.headers.get('ratelimit')).toMatch(/^"user";r=1\d;t=/)
  stream.close()
  for (let i = 0; i < 3; i++) expect((await user.post('/v1/goals', { title: 'x' })).status).toBe(201)
  while ((await user.get('/v1/goals')).status === 200);
  await user.get(`/v1/goals/${randomUUID()}`)
  expect((await openEventStream(api, { userId: user.id })).response.status).toBe(429)
  expect((await openFeedSocket(api, { userId: user.id })).refused()).toBe(429)
})

test('a user with a policy of its own is limited by it alone', async ({ api }) => {
  const user = await api.as(vip)
  const answers = await Promise.all(Array.from({ length: 30 }, () => user.get('/v1/goals')))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(answers[0]?.headers['ratelimit-policy']).toBe('"own";q=1000;w=86400')
})

test('an API key has a quota beside the one of its user', async ({ api }) => {
  const user = await api.as()
  const { body } = await user.post('/v1/api-keys', { name: 'x', scopes: ['goals:read'] })
  const read = () => api.app.inject({ url: '/v1/goals', headers: { authorization: `Bearer ${body.key}` } })
  const answers = await Promise.all(Array.from({ length: 9 }, read))
  expect(answers.filter(({ statusCode }) => statusCode === 429)).toHaveLength(6)
  expect((await user.get('/v1/goals')).headers.ratelimit).toMatch(/^"user";r=13;t=/)
})

test('requests without a valid token share the quota of their address, and OPTIONS needs none', async ({ api }) => {
  const remoteAddress = '192.0.2.7'
  const headers = { authorization: 'Bearer a.b.c' }
  const send = (url: string, given = {}) => api.app.inject({ url, remoteAddress, ...given })
  const statuses = [
    await send('/v1/goals', { headers }),
    await send('/v1/goals'),
    await send('/openapi.json'),
    await send('/nowhere'),
    await send('/v1/goals', { headers }),
    await send('/openapi.json'),
    await send('/v1/goals', { method: 'OPTIONS' }),
  ].map(({ statusCode }) => statusCode)
  expect(statuses).toEqual([401, 401, 200, 404, 429, 429, 204])
  const user = await api.as()
  expect((await user.get('/v1/goals')).status).toBe(200)
})

test('a request without the scope of its route counts for its user or its API key', async ({ api }) => {
  const user = await api.as(randomUUID(), 'goals:read')
  const statuses = []
  for (let i = 0; i < 21; i++) statuses.push((await user.get('/v1/tasks')).status)
  expect(statuses).toEqual([...Array(20).fill(403), 429])
  const admin = await api.as(randomUUID(), 'admin')
  const { body } = await admin.post('/v1/api-keys', { name: 'x', scopes: ['admin'] })
  const headers = { authorization: `Bearer ${body.key}` }
  const refused = await api.app.inject({ method: 'DELETE', url: `/v1/api-keys/${body.id}`, headers })
  expect(refused.json()).toMatchObject({ status: 403, code: 'forbidden' })
  expect(refused.headers.ratelimit).toMatch(/^"key";r=6;t=/)
})

test('a request does not count when the key server or Postgres is away and nothing verifies its token', async ({
  api,
}) => {
  const apiKeys = createApiKeys(new pg.Pool({ connectionString: 'postgres://127.0.0.1:1/none' }))
  const app = await buildApp(
    { ...api.deps, apiKeys },
    {
      ...{ log: createLogger('api', 'silent'), registry: createRegistry(), corsOrigins: [], trustProxy: [] },
      verify: createVerifier({ ...auth, secret: undefined, jwksUrl: 'http://127.0.0.1:1/keys' }),
      rateLimit: rateLimits && { limits: rateLimits, limiter: api.limiter },
    },
  )
  try {
    const unsigned = [{ alg: 'RS256' }, {}, {}].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    for (const token of [unsigned.join('.'), createKey(randomUUID()).key]) {
      const headers = { authorization: `Bearer ${token}` }
      const send = () => app.inject({ url: '/v1/goals', headers, remoteAddress: '192.0.2.8' })
      const answers = await Promise.all(Array.from({ length: 5 }, send))
      expect(answers.map(({ statusCode, headers }) => [statusCode, headers.ratelimit])).toEqual(
        Array(5).fill([503, undefined]),
      )
    }
  } finally {
    await app.close()
  }
})

test('a metric counts the requests that a process limits alone while Redis is away', async ({ api }) => {
  const proxy = await startTcpProxy(api.redis.url)
  const alone = await startBeside(api, { redis: { ...api.redis, url: proxy.url }, rateLimits })
  await untilShared(alone)
  const local = () => readMetric(alone, 'gt_rate_limit_local_total')
  const before = await local()
  const user = await alone.as()
  expect((await user.get('/v1/goals')).headers.ratelimit).toMatch(/^"user";r=18;t=/)
  expect(await local()).toBe(before)
  proxy.pointTo('redis://127.0.0.1:1')
  proxy.reset()
  const statuses = []
  for (let i = 0; i < 13; i++) statuses.push((await user.get('/v1/goals')).status)
  expect(statuses).toEqual([...Array(10).fill(200), ...Array(3).fill(429)])
  // A bucket that has refused is not asked again.
  expect(await local()).toBe(before + 11)
  expect(await readMetric(alone, 'gt_rate_limit_refusals_total{policy="user"}')).toBe(3)
})

test('nothing is limited by default', async () => {
  const api = await startTestApp()
  try {
    const user = await api.as()
    for (let i = 0; i < 30; i++) {
      const { status, headers } = await user.get('/v1/goals')
      expect([status, headers.ratelimit]).toEqual([200, undefined])
    }
  } finally {
    await api.close()
  }
})
