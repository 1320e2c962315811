import { Readable } from 'node:stream'
import { createRegistry } from '@goals-tasks/observability'
import pino from 'pino'
import Type from 'typebox'
import { test as base, expect } from 'vitest'
import { createServer } from '../src/server.ts'

const strict = { additionalProperties: false }

// biome-ignore lint/correctness/noEmptyPattern: Vitest requires a destructuring pattern here.
const test = base.extend('app', { scope: 'file' }, async ({}, { onCleanup }) => {
  const app = await createServer({ log: pino({ level: 'silent' }), registry: createRegistry(), bodyLimitBytes: 1_000 })
  app.post('/action', { schema: { body: Type.Object({}, strict) } }, async (request) => ({ body: request.body }))
  app.post('/bare', async (request) => ({ body: request.body ?? null }))
  app.delete('/bare', async (request) => ({ body: request.body ?? null }))
  const patch = { schema: { body: Type.Object({ name: Type.Optional(Type.String()) }, strict) } }
  app.patch('/thing', patch, async (request) => request.body)
  onCleanup(() => app.close())
  return app
})

const types = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/octet-stream',
  'not a type',
  '',
]
const operations = [
  ['POST', '/action'],
  ['POST', '/bare'],
  ['DELETE', '/bare'],
] as const

test.for(types)('an empty body is accepted on operations without fields when its type is %j', async (type, { app }) => {
  for (const [method, url] of operations) {
    const empty = await app.inject({ method, url, headers: { 'content-type': type, 'content-length': '0' } })
    expect(empty.statusCode, `${method} ${url}`).toBe(200)
  }
})

test.for([undefined, ...types.slice(0, 5)])(
  'an empty chunked body is accepted when its type is %j',
  async (type, { app }) => {
    for (const [method, url] of operations) {
      const headers = { 'transfer-encoding': 'chunked', ...(type !== undefined && { 'content-type': type }) }
      const empty = await app.inject({ method, url, headers, payload: Readable.from([]) })
      expect(empty.statusCode, `${method} ${url}`).toBe(200)
    }
  },
)

test('a body of another type gets 415 when it is not empty', async ({ app }) => {
  for (const [method, url] of operations)
    for (const type of types.slice(1, 5)) {
      const refused = await app.inject({ method, url, headers: { 'content-type': type }, payload: 'a=b' })
      expect(refused.json(), `${method} ${url} ${type}`).toMatchObject({ status: 415, code: 'unsupported-media-type' })
    }
})

test('an operation without fields takes {} and refuses any other body with 422', async ({ app }) => {
  const headers = { 'content-type': 'application/json' }
  for (const [method, url] of operations) {
    const send = (payload: string) => app.inject({ method, url, headers, payload })
    expect((await send('{}')).statusCode).toBe(200)
    for (const payload of ['{"version":1}', '[]', '[1]', '"x"', '0', 'null'])
      expect((await send(payload)).json(), `${method} ${url} ${payload}`).toMatchObject({ code: 'invalid-body' })
  }
})

test('a PATCH without a body gets 400, and one with {} passes', async ({ app }) => {
  const headers = { 'content-type': 'application/merge-patch+json' }
  for (const options of [{}, { headers }, { headers, payload: '' }, { headers: { 'content-type': 'text/plain' } }]) {
    const missing = await app.inject({ method: 'PATCH', url: '/thing', ...options })
    expect(missing.json()).toMatchObject({
      status: 400,
      code: 'invalid-json',
      detail: 'The body is missing. Send a JSON object with the members to change.',
    })
  }
  expect((await app.inject({ method: 'PATCH', url: '/thing', headers, payload: '{}' })).statusCode).toBe(200)
})

test('a body to an unknown address gets 404 whatever it is', async ({ app }) => {
  for (const type of types.slice(0, 5)) {
    const response = await app.inject({
      method: 'POST',
      url: '/nothing',
      headers: { 'content-type': type },
      payload: 'x',
    })
    expect(response.statusCode, type).toBe(404)
  }
})

test('a POST refuses a merge patch with 415', async ({ app }) => {
  const headers = { 'content-type': 'application/merge-patch+json' }
  expect((await app.inject({ method: 'POST', url: '/action', headers, payload: '{}' })).statusCode).toBe(415)
})

test.for([
  ['{"a":1,\n"b":}', 'The body is not valid JSON at line 2, column 5.'],
  ['{"a":1', 'The body is not valid JSON at line 1, column 7.'],
  ['[1,\n\n]', 'The body is not valid JSON at line 3, column 1.'],
  ['x', 'The body is not valid JSON at line 1, column 1.'],
  ['{} x', 'The body is not valid JSON at line 1, column 4.'],
  ['\uFEFF{}', 'The body begins with a byte order mark (BOM). Send UTF-8 without it.'],
] as const)('the problem about the body %j says where it is', async ([payload, detail], { app }) => {
  const headers = { 'content-type': 'application/json' }
  const refused = await app.inject({ method: 'POST', url: '/action', headers, payload })
  expect(refused.json()).toMatchObject({ status: 400, code: 'invalid-json', detail })
})
