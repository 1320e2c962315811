import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { test } from '../support/test.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

const origin = 'https://app.example'

test.override('apiOptions', { corsOrigins: [origin] })

test('a page of an allowed origin may call the API, and others may not', async ({ api, ada }) => {
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

test('a page of an allowed origin can read every refusal', async ({ api, ada }) => {
  const refusals = {
    'an Accept header without JSON': await ada.get('/v1/goals', { origin, accept: 'image/png' }),
    'no token': await ada.get('/v1/goals', { origin, authorization: '' }),
    'an unknown address': await ada.get('/v1/nothing', { origin }),
    'a path that cannot be decoded': await ada.get('/v1/goals/%zz', { origin }),
    'a path with too long a part': await ada.get(`/v1/goals/${'x'.repeat(101)}`, { origin }),
    'another method': await ada.put('/v1/goals', {}, { origin }),
    'an invalid body': await ada.post('/v1/goals', '{', { origin, 'content-type': 'application/json' }),
    'too long a body': await ada.post('/v1/goals', { title: 'x'.repeat(300_000) }, { origin }),
  }
  for (const [reason, { status, headers }] of Object.entries(refusals)) {
    expect(status, reason).toBeGreaterThanOrEqual(400)
    expect(headers['access-control-allow-origin'], reason).toBe(origin)
    expect(headers['access-control-expose-headers'], reason).toContain('X-Request-Id')
    expect(headers.vary, reason).toBe('Origin')
  }
  const foreign = await api.app.inject({ url: '/v1/goals/%zz', headers: { origin: 'https://evil.example' } })
  expect(foreign.headers['access-control-allow-origin']).toBeUndefined()
})

test.for(['without', 'with'] as const)('an address lists its methods %s CORS, and refuses others', async (cors) => {
  const app = await startTestApp({ corsOrigins: cors === 'with' ? [origin] : [] })
  try {
    await expectMethods(app)
  } finally {
    await app.close()
  }
})

async function expectMethods({ app }: TestApp): Promise<void> {
  const send = (method: string, url: string, headers = {}) => app.inject({ method: method as 'GET', url, headers })
  const preflight = { origin, 'access-control-request-method': 'GET' }
  for (const headers of [{}, { origin }, preflight]) {
    for (const [url, allow] of [
      ['/v1/goals', 'POST, GET, HEAD, OPTIONS'],
      [`/v1/tasks/${randomUUID()}/complete`, 'POST, OPTIONS'],
      ['/openapi.json', 'GET, HEAD, OPTIONS'],
      ['/', 'GET, HEAD, OPTIONS'],
    ] as const) {
      const options = await send('OPTIONS', url, headers)
      expect([options.statusCode, options.headers.allow?.split(', ').toSorted()], url).toEqual([
        204,
        allow.split(', ').toSorted(),
      ])
    }
    expect((await send('OPTIONS', '/v1/nothing', headers)).json()).toMatchObject({ status: 404, code: 'not-found' })
  }
  const trace = await send('TRACE', '/v1/goals')
  expect([trace.statusCode, trace.headers.allow]).toEqual([405, 'POST, GET, HEAD, OPTIONS'])
  const propfind = await send('PROPFIND', '/v1/goals')
  expect(propfind.json()).toMatchObject({ status: 501, code: 'not-implemented' })
  expect(propfind.headers['content-type']).toMatch(/^application\/problem\+json/)
}
