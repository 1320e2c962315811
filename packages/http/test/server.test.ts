import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createRegistry } from '@goals-tasks/observability'
import type { FastifyInstance } from 'fastify'
import pino from 'pino'
import Type from 'typebox'
import { expect, onTestFinished, test } from 'vitest'
import { createServer } from '../src/server.ts'

type Options = Partial<Parameters<typeof createServer>[0]>

/** Creates a server with a few routes. It closes after the test. `lines` collects what the server logs. */
async function startServer(options: Options = {}) {
  const lines: Record<string, unknown>[] = []
  const registry = createRegistry()
  const log = pino({ level: 'debug' }, { write: (text: string) => void lines.push(JSON.parse(text)) })
  const app = await createServer({ log, registry, bodyLimitBytes: 100, ...options })
  addRoutes(app)
  onTestFinished(() => app.close())
  return { app, registry, lines }
}

function addRoutes(app: FastifyInstance): void {
  const schema = { body: Type.Object({ name: Type.String() }, { additionalProperties: false }) }
  app.post('/things', { schema }, async (request) => request.body)
  app.post('/created', async (_request, reply) => reply.code(201).header('location', '/created/1').send({}))
  app.get('/failing', async () => {
    throw new Error('a secret')
  })
  app.get('/slow', () => new Promise(() => undefined))
  app.get('/unreachable', async () => {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  })
}

const headers = { 'content-type': 'application/json' }

test('a response carries the common headers and the id that the log has', async () => {
  const { app, lines } = await startServer({ requestIdOf: () => 'request-1' })
  const response = await app.inject({ method: 'POST', url: '/things?name=ada', headers, payload: '{"name":"x"}' })
  expect(response.headers).toMatchObject({
    'x-request-id': 'request-1',
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
  })
  expect(lines).toMatchObject([
    { msg: 'request', level: 30, traceId: 'request-1', method: 'POST', url: '/things', status: 200 },
  ])
})

test('the log line of a created resource has its location', async () => {
  const { app, lines } = await startServer()
  await app.inject({ method: 'POST', url: '/created', headers, payload: '{}' })
  expect(lines).toMatchObject([{ url: '/created', status: 201, location: '/created/1' }])
})

test('a refused request gets a problem with the common headers', async () => {
  const { app } = await startServer()
  const response = await app.inject({ url: '/nothing', headers: { accept: 'image/png' } })
  expect(response.statusCode).toBe(406)
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(response.headers['x-request-id']).toBe(response.json().traceId)
})

test('a request gets 400 when it has no Host header', async () => {
  const { app } = await startServer()
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write('GET /failing HTTP/1.1\r\nConnection: close\r\n\r\n')
  const response = await text(socket)
  expect(response).toMatch(/^HTTP\/1\.1 400 /)
  expect(response).toContain('The Host header is missing.')
})

test('an unexpected error gets a problem without its message', async () => {
  const { app, lines } = await startServer()
  const response = await app.inject('/failing')
  expect(response.json()).toMatchObject({ status: 500, code: 'internal', instance: '/failing' })
  expect(response.body).not.toContain('a secret')
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'request failed', level: 50 }))
})

const linesOf503 = async (options: Options = {}) => {
  const { app, lines } = await startServer(options)
  for (let n = 0; n < 3; n++) expect((await app.inject('/unreachable')).statusCode).toBe(503)
  return lines.map(({ level, msg }) => `${level} ${msg}`)
}

test('one failed request is logged as an error when many fail for one reason', async () => {
  const levels = { error: 50, debug: 20 }
  expect(await linesOf503()).toEqual(
    [levels.error, levels.debug, levels.debug].flatMap((level) => [`${level} request failed`, '50 request']),
  )
})

test('a failed request is no error when the log has a line about the outage', async () => {
  expect(await linesOf503({ isOutageLogged: () => true })).toEqual(
    Array.from({ length: 3 }, () => ['20 request failed', '30 request']).flat(),
  )
})

test('every unexpected error is logged as an error, also during an outage', async () => {
  const { app, lines } = await startServer({ isOutageLogged: () => true })
  for (let n = 0; n < 2; n++) await app.inject('/failing')
  expect(lines.filter(({ level }) => level === 50)).toHaveLength(4)
})

test('an invalid body gets 422 and a body above the limit gets 413', async () => {
  const { app } = await startServer()
  const post = (payload: string) => app.inject({ method: 'POST', url: '/things', headers, payload })
  expect((await post('{"nam":"x"}')).json()).toMatchObject({ status: 422, code: 'invalid-body' })
  expect((await post(`{"name":"${'x'.repeat(100)}"}`)).json()).toMatchObject({ status: 413, code: 'body-too-large' })
})

test('a handler gets 503 when it exceeds its time limit', async () => {
  const { app } = await startServer({ handlerTimeoutMs: 20 })
  expect((await app.inject('/slow')).json()).toMatchObject({ status: 503, code: 'unavailable' })
})

test('a page gets CORS headers when its origin is allowed', async () => {
  const { app } = await startServer({ corsOrigins: ['https://app.example'] })
  const originAllowedFor = async (origin: string) =>
    (await app.inject({ url: '/failing', headers: { origin } })).headers['access-control-allow-origin']
  expect(await originAllowedFor('https://app.example')).toBe('https://app.example')
  expect(await originAllowedFor('https://evil.example')).toBeUndefined()
})

test('a request is measured by its route', async () => {
  const { app, registry } = await startServer()
  await app.inject('/failing?a=1')
  expect(await registry.metrics()).toContain(
    'gt_http_request_duration_seconds_count{route="/failing",method="GET",status="500"} 1',
  )
})
