import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { test } from '../support/test.ts'

test('an error is a problem that names no internals and carries the id of the request', async ({ ada }) => {
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

test('an invalid request of each kind gets a status of its own', async ({ ada }) => {
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

test('an address refuses a method before it reads the body, and an empty parameter makes another address', async ({
  api,
}) => {
  const send = async (method: 'PUT' | 'OPTIONS', url: string) => {
    const response = await api.app.inject({ method, url, headers: { 'content-type': 'text/csv' }, payload: 'a,b' })
    return { status: response.statusCode, allow: response.headers.allow }
  }
  const allow = 'GET, HEAD, PATCH, DELETE, OPTIONS'
  expect(await send('PUT', `/v1/goals/${randomUUID()}?include=tasks`)).toEqual({ status: 405, allow })
  expect(await send('OPTIONS', `/v1/goals/${'x'.repeat(200)}`)).toEqual({ status: 204, allow })
  for (const url of ['/v1/goals/', '/v1/goals//history', '/v1/goal']) expect((await send('PUT', url)).status).toBe(404)
})

test('a number in a query is accepted as plain digits only', async ({ ada }) => {
  for (const limit of ['1.5', '0x10', '1e1', '+5', ' 5', '', 'five', '5&limit=6'])
    expect((await ada.get(`/v1/goals?limit=${limit}`)).body, limit).toMatchObject({
      status: 400,
      errors: [{ pointer: '/limit' }],
    })
  expect((await ada.get('/v1/goals?limit=0')).status).toBe(400)
  expect((await ada.get('/v1/goals?limit=5')).status).toBe(200)
})

test('the Accept header is weighed by media type and quality', async ({ ada }) => {
  const statusFor = async (accept: string) => (await ada.get('/v1/goals', { accept })).status
  for (const accept of ['*/*', 'application/*', 'image/png, */*;q=0.1', 'application/json; charset=utf-8', 'text/html'])
    expect(await statusFor(accept), accept).toBe(200)
  for (const accept of ['application/json;q=0', 'application/json;q=0, */*', 'image/png', '*/*; Q=0.0', 'text/csv'])
    expect(await statusFor(accept), accept).toBe(406)
})

test('a path that cannot be decoded or is too long gets a problem', async ({ ada }) => {
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

test('an event keeps the trace context of its request, unless it is malformed', async ({ api, ada }) => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const good = await ada.post('/v1/goals', { title: 'x' }, { traceparent })
  const bad = await ada.post('/v1/goals', { title: 'x' }, { traceparent: "00-';drop" })
  const { rows } = await api.pool.query(
    'select traceparent from events where aggregate_id = any($1) order by position',
    [[good.body.id, bad.body.id]],
  )
  expect(rows.map((row) => row.traceparent)).toEqual([traceparent, null])
})

test('the address of the API leads to its documentation', async ({ api }) => {
  const redirect = await api.app.inject({ url: '/', headers: { accept: 'text/html' } })
  expect([redirect.statusCode, redirect.headers.location]).toEqual([302, '/docs'])
  expect((await api.app.inject({ url: '/docs/' })).headers['content-type']).toMatch(/^text\/html/)
})

test('the docs page brings its own script', async ({ api }) => {
  const page = await api.app.inject({ url: '/docs' })
  const target = page.statusCode === 200 ? page : await api.app.inject({ url: '/docs/' })
  expect(target.statusCode).toBe(200)
  expect(target.body).not.toMatch(/src="https?:/)
  expect(target.headers['content-security-policy']).toContain("default-src 'self'")
})

test('a query gets 400 when Postgres cannot store its value', async ({ ada }) => {
  const cursor = Buffer.from(JSON.stringify([1, 'x', '9999-99-99T00:00:00.000Z', randomUUID()])).toString('base64url')
  for (const query of ['category=%00', 'targetBefore=0000-01-01', `cursor=${cursor}`]) {
    expect((await ada.get(`/v1/goals?${query}`)).status, query).toBe(400)
  }
})
