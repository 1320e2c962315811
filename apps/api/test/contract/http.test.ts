import { randomUUID } from 'node:crypto'
import { createVerifier, problems } from '@goals-tasks/http'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auth, type Client, signToken, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
beforeAll(async () => {
  api = await startTestApp({ corsOrigins: ['https://app.example'] })
  ada = await api.as()
})
afterAll(() => api.close())

const withToken = (authorization: string | undefined) =>
  api.app.inject({ url: '/v1/goals', headers: authorization === undefined ? {} : { authorization } })

test('only a valid, unexpired, signed token of a user passes', async () => {
  const id = randomUUID()
  expect((await withToken(`Bearer ${await signToken(id, 'goals:read')}`)).statusCode).toBe(200)
  const key = new TextEncoder().encode('a-secret-for-tests-of-32-characters')
  const header = { alg: 'HS256' }
  const bad = {
    nothing: undefined,
    'another scheme': 'Basic YTpi',
    'no token': 'Bearer',
    gibberish: 'Bearer a.b.c',
    expired: `Bearer ${await signToken(id, 'goals:read', 1)}`,
    'no exp': `Bearer ${await new SignJWT({ scope: 'goals:read' }).setProtectedHeader(header).setSubject(id).sign(key)}`,
    'no sub': `Bearer ${await new SignJWT({ scope: 'goals:read' }).setProtectedHeader(header).setExpirationTime('1h').sign(key)}`,
    'a sub that is no UUID': `Bearer ${await signToken('ada', 'goals:read')}`,
    'another key': `Bearer ${await new SignJWT({ scope: 'goals:read' })
      .setProtectedHeader(header)
      .setSubject(id)
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode('x'.repeat(32)))}`,
    'alg none': `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ sub: id, exp: 4e9, scope: 'goals:read' })).toString('base64url')}.`,
  }
  for (const [what, authorization] of Object.entries(bad)) {
    const response = await withToken(authorization)
    expect(response.statusCode, what).toBe(401)
    expect(response.headers['www-authenticate'], what).toContain('Bearer')
    expect(response.headers['cache-control'], what).toBe('no-store')
  }
})

test('a token does what its scopes say and no more', async () => {
  const reader = await api.as(randomUUID(), 'goals:read')
  expect((await reader.get('/v1/goals')).status).toBe(200)
  expect(await reader.post('/v1/goals', { title: 'x' })).toMatchObject({
    status: 403,
    body: { code: 'insufficient-scope' },
    headers: { 'www-authenticate': expect.stringContaining('goals:write') },
  })
  expect((await reader.get('/v1/tasks')).status).toBe(403)
  expect((await (await api.as(randomUUID(), '')).get('/v1/goals')).status).toBe(403)
})

test('every route of the contract needs a token and names its scope', async () => {
  const document = JSON.parse((await api.app.inject({ url: '/openapi.json' })).body) as {
    paths: Record<string, Record<string, { security?: object[]; operationId: string }>>
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  expect(operations.length).toBeGreaterThan(10)
  for (const { path, method, operation } of operations) {
    expect(operation.security, `${method} ${path}`).toHaveLength(1)
    expect(operation.operationId, `${method} ${path}`).toBeTruthy()
    const url = path.replace(/\{\w+\}/g, randomUUID())
    expect((await api.app.inject({ method: method.toUpperCase() as 'GET', url })).statusCode, `${method} ${path}`).toBe(
      401,
    )
  }
})

test('errors are problems that name no internals and carry the id of the request', async () => {
  const response = await ada.get('/v1/nothing')
  expect(response).toMatchObject({
    status: 404,
    body: { type: '/problems/not-found', code: 'not-found', instance: '/v1/nothing' },
  })
  expect(response.body.traceId).toBe(response.headers['x-request-id'])
  const traced = await ada.get('/v1/nothing', {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  })
  expect(traced.body.traceId).toBe('0af7651916cd43dd8448eb211c80319c')
})

test('each kind of bad request has its own status', async () => {
  const json = { 'content-type': 'application/json' }
  expect((await ada.post('/v1/goals', '{"title":', json)).body).toMatchObject({ status: 400, code: 'invalid-json' })
  expect((await ada.post('/v1/goals', '', json)).status).toBe(422)
  expect((await ada.post('/v1/goals', 'title=x', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(
    415,
  )
  expect(
    (await ada.post('/v1/goals', JSON.stringify({ title: 'x', description: 'x'.repeat(300_000) }), json)).status,
  ).toBe(413)
  expect((await ada.get('/v1/goals', { accept: 'image/png' })).status).toBe(406)
  expect((await ada.get('/v1/goals/not-a-uuid')).status).toBe(400)
  expect(await ada.put('/v1/goals', { title: 'x' })).toMatchObject({
    status: 405,
    headers: { allow: 'POST, GET, HEAD, OPTIONS' },
  })
})

test('a body is JSON in UTF-8 and nothing else, and keeps what it says', async () => {
  const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
    ada.post('/v1/goals', payload, { 'content-type': 'application/json', ...headers })
  const latin1 = Buffer.from('{"title":"caf\u00e9"}', 'latin1')
  expect((await post(latin1)).body).toMatchObject({ status: 400, detail: 'The body is not valid UTF-8.' })
  expect((await post('{"title":"x"}', { 'content-type': 'application/json; charset=latin1' })).status).toBe(415)
  expect(await post('{"title":"x"}', { 'content-encoding': 'gzip' })).toMatchObject({
    status: 415,
    headers: { 'accept-encoding': 'identity' },
  })
  for (const type of ['application/json; charset=UTF-8', 'application/json;charset="utf-8"', 'application/json; x=y'])
    expect(
      (await post('{"title":"caf\u00e9"}', { 'content-type': type, 'content-encoding': 'identity' })).body,
      type,
    ).toMatchObject({ title: 'caf\u00e9' })
})

test('a value or name that cannot be kept is refused where it stands', async () => {
  const refusalOf = async (body: string) => (await ada.post('/v1/goals', body)).body
  const cases = {
    '{"title":"x","metadata":{"a":[1e400]}}': ['/metadata/a/0', 'is a number beyond every range'],
    '{"title":"x","metadata":{"a":9007199254740993}}': [
      '/metadata/a',
      'is an integer too large to be kept exactly: send it as a string',
    ],
    '{"title":"x","metadata":{"a/b":{"m~n":"\\u0000"}}}': ['/metadata/a~1b/m~0n', 'holds a NUL character'],
    '{"title":"\\ud800"}': ['/title', 'holds half a surrogate pair'],
    '{"title":"x","__proto__":{"admin":true}}': ['/__proto__', 'is a name that no member may have'],
    '{"title":"x","metadata":{"constructor":{"prototype":{}}}}': [
      '/metadata/constructor',
      'is a name that no member may have',
    ],
    [`{"title":"x","metadata":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`]: [
      `/metadata${'/a'.repeat(31)}`,
      'is nested too deeply',
    ],
  }
  for (const [body, [pointer, detail]] of Object.entries(cases))
    expect(await refusalOf(body), body).toMatchObject({ status: 422, errors: [{ pointer, detail }] })
  const metadata = { constructor: 'Boeing', largest: Number.MAX_SAFE_INTEGER, small: 1e-7 }
  expect((await ada.post('/v1/goals', { title: 'x', metadata })).body).toMatchObject({ metadata })
})

test('a number in a query is plain digits', async () => {
  for (const limit of ['1.5', '0x10', '1e1', '+5', ' 5', '', 'five', '5&limit=6'])
    expect((await ada.get(`/v1/goals?limit=${limit}`)).body, limit).toMatchObject({
      status: 400,
      errors: [{ pointer: '/limit' }],
    })
  expect((await ada.get('/v1/goals?limit=0')).status).toBe(400)
  expect((await ada.get('/v1/goals?limit=5')).status).toBe(200)
})

test('only who tried to say who they are is told what was wrong with it', async () => {
  for (const silent of [undefined, 'Basic YTpi', 'Bearer'])
    expect((await withToken(silent)).headers['www-authenticate'], silent).toBe('Bearer')
  expect((await withToken('Bearer a.b.c')).headers['www-authenticate']).toBe('Bearer error="invalid_token"')
})

test('what a client accepts is weighed', async () => {
  const status = async (accept: string) => (await ada.get('/v1/goals', { accept })).status
  for (const accept of ['*/*', 'application/*', 'image/png, */*;q=0.1', 'application/json; charset=utf-8', 'text/html'])
    expect(await status(accept), accept).toBe(200)
  for (const accept of ['application/json;q=0', 'application/json;q=0, */*', 'image/png', '*/*; Q=0.0', 'text/csv'])
    expect(await status(accept), accept).toBe(406)
})

test('an address tells its methods, and other methods are refused', async () => {
  const plain = await startTestApp()
  const send = (method: string, url: string) => plain.app.inject({ method: method as 'GET', url })
  try {
    const options = await send('OPTIONS', '/v1/goals')
    expect(options.statusCode).toBe(204)
    expect(options.headers.allow).toBe('POST, GET, HEAD, OPTIONS')
    expect((await send('OPTIONS', '/v1/nothing')).statusCode).toBe(404)
    const trace = await send('TRACE', '/v1/goals')
    expect([trace.statusCode, trace.headers.allow]).toEqual([405, 'POST, GET, HEAD, OPTIONS'])
    const propfind = await send('PROPFIND', '/v1/goals')
    expect(propfind.json()).toMatchObject({ status: 501, code: 'not-implemented' })
    expect(propfind.headers['content-type']).toMatch(/^application\/problem\+json/)
  } finally {
    await plain.close()
  }
  expect((await api.app.inject({ method: 'OPTIONS', url: '/v1/goals' })).statusCode).toBe(204)
})

test('a path that leads nowhere is a problem, too', async () => {
  for (const [url, status] of [
    ['/%', 400],
    ['/v1/goals/%zz', 400],
    [`/v1/goals/${'x'.repeat(101)}`, 414],
  ] as const) {
    const { headers, body } = await ada.get(url)
    expect(body, url).toMatchObject({ status, instance: url })
    expect(headers['content-type'], url).toMatch(/^application\/problem\+json/)
    expect(headers['x-request-id'], url).toBe(body.traceId)
  }
})

test('a field that fails says what it should have been, once', async () => {
  const refused = await ada.post('/v1/goals', { title: '', targetDate: 'soon', category: 7, tags: [1] })
  expect(refused.body.errors).toEqual([
    { pointer: '/title', detail: 'must not have fewer than 1 characters' },
    { pointer: '/targetDate', detail: 'must match format "date"' },
    { pointer: '/category', detail: 'must be string' },
    { pointer: '/tags/0', detail: 'must be string' },
  ])
})

test('a trace context goes into the event, a malformed one does not', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const good = await ada.post('/v1/goals', { title: 'x' }, { traceparent })
  const bad = await ada.post('/v1/goals', { title: 'x' }, { traceparent: "00-';drop" })
  const { rows } = await api.pool.query(
    'select traceparent from events where aggregate_id = any($1) order by position',
    [[good.body.id, bad.body.id]],
  )
  expect(rows.map((row) => row.traceparent)).toEqual([traceparent, null])
})

test('pages of allowed origins may call, others may not', async () => {
  const preflight = (origin: string) =>
    api.app.inject({
      method: 'OPTIONS',
      url: '/v1/goals',
      headers: { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' },
    })
  const allowed = await preflight('https://app.example')
  expect(allowed.statusCode).toBe(204)
  expect(allowed.headers['access-control-allow-origin']).toBe('https://app.example')
  expect(allowed.headers['access-control-allow-headers']).toContain('If-Match')
  expect((await preflight('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined()
  const answer = await ada.get('/v1/goals', { origin: 'https://app.example' })
  expect(answer.headers['access-control-expose-headers']).toContain('ETag')
  expect(answer.headers['cache-control']).toBe('private, no-cache')
})

test('the type of every problem is a page', async () => {
  for (const code of Object.keys(problems)) {
    const page = await api.app.inject({ url: `/problems/${code}` })
    expect(page.statusCode, code).toBe(200)
    expect(page.body).toContain(code)
  }
  expect((await api.app.inject({ url: '/problems/__proto__' })).statusCode).toBe(404)
})

test('the docs page brings its own script', async () => {
  const page = await api.app.inject({ url: '/docs' })
  const target = page.statusCode === 200 ? page : await api.app.inject({ url: '/docs/' })
  expect(target.statusCode).toBe(200)
  expect(target.body).not.toMatch(/src="https?:/)
  expect(target.headers['content-security-policy']).toContain("default-src 'self'")
})

test('no route takes what it does not know, and an action takes an empty body of any kind', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  for (const request of [
    ada.post('/v1/goals?foo=1', { title: 'x' }),
    ada.post(`/v1/goals/${goal.id}/tasks?dryRun=1`, { title: 'x' }),
    ada.patch(`/v1/goals/${goal.id}?foo=1`, {}, { 'if-match': '*' }),
    ada.delete(`/v1/tasks/${task.id}?foo=1`),
  ]) {
    expect((await request).status).toBe(400)
  }
  expect((await ada.post(`/v1/tasks/${task.id}/complete`, { openTasks: 'cancel' })).status).toBe(422)
  expect((await ada.post(`/v1/tasks/${task.id}/complete`, '')).status).toBe(200)
  expect((await ada.post(`/v1/goals/${goal.id}/complete`, {})).status).toBe(200)
})

test('no body of the allowed size is a burden or a 500', async () => {
  const many = (n: number, item: string) => `[${Array.from({ length: n }, () => item).join(',')}]`
  for (const body of [
    `{"title":"x","tags":${many(60_000, '{}')}}`,
    `{"title":"x","tags":${'['.repeat(4_900)}${']'.repeat(4_900)}}`,
    `{"title":"x","metadata":{"a":${many(120_000, '0')}}}`,
    `{"title":"x",${Array.from({ length: 5_000 }, (_, i) => `"f${i}":1`).join(',')}}`,
  ]) {
    const refused = await ada.post('/v1/goals', body)
    expect(refused.status, body.slice(0, 40)).toBe(422)
    expect(refused.body.errors).not.toEqual([])
  }
})

test('a query that Postgres cannot hold is the query\u2019s fault', async () => {
  const cursor = Buffer.from(JSON.stringify([1, 'x', '9999-99-99T00:00:00.000Z', randomUUID()])).toString('base64url')
  for (const query of ['category=%00', 'targetBefore=0000-01-01', `cursor=${cursor}`]) {
    expect((await ada.get(`/v1/goals?${query}`)).status, query).toBe(400)
  }
})

test('keys that cannot be fetched are no fault of the token', async () => {
  const verify = createVerifier({ ...auth, secret: undefined, jwksUrl: 'http://127.0.0.1:9/keys' })
  const key = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256' })
    .setSubject(randomUUID())
    .setExpirationTime('1h')
    .sign(key.privateKey)
  await expect(verify(token)).rejects.toMatchObject({ code: 'unavailable' })
  await expect(verify('gibberish')).rejects.toMatchObject({ code: 'unauthenticated' })
})
