import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { createRegistry } from '@goals-tasks/observability'
import pino from 'pino'
import Type from 'typebox'
import { test as base, expect } from 'vitest'
import { createServer } from '../src/server.ts'

const strict = { additionalProperties: false }

// biome-ignore lint/correctness/noEmptyPattern: Vitest requires a destructuring pattern here.
const test = base.extend('app', { scope: 'file' }, async ({}, { onCleanup }) => {
  const app = await createServer({
    log: pino({ level: 'silent' }),
    registry: createRegistry(),
    bodyLimitBytes: 256 * 1024,
  })
  app.post('/action', { schema: { body: Type.Object({}, strict) } }, async (request) => ({ body: request.body }))
  app.post('/bare', async (request) => ({ body: request.body ?? null }))
  app.delete('/bare', async (request) => ({ body: request.body ?? null }))
  const patch = { schema: { body: Type.Object({ name: Type.Optional(Type.String()) }, strict) } }
  const listed = Type.Object(
    { ids: Type.Array(Type.String(), { maxItems: 3 }), name: Type.Optional(Type.String()) },
    strict,
  )
  app.post('/listed', { schema: { body: listed } }, async () => ({}))
  app.post('/any', { schema: { body: Type.Unknown() } }, async () => ({}))
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

const list = (items: number) => `[${Array.from({ length: items }, () => 1).join()}]`

test('a body has at most 10,000 values, however deep', async ({ app }) => {
  const headers = { 'content-type': 'application/json' }
  const send = (payload: string) => app.inject({ method: 'POST', url: '/any', headers, payload })
  expect((await send(list(9_999))).statusCode).toBe(200)
  expect((await send(`"${'[,'.repeat(100_000)}"`)).statusCode).toBe(200)
  for (const payload of [list(10_000), '['.repeat(100_000), `{"a":${list(10_000)}`, '[[],'.repeat(10_000)])
    expect((await send(payload)).json(), payload.slice(0, 20)).toMatchObject({
      code: 'invalid-body',
      errors: [{ pointer: '', detail: 'has more than 10000 values' }],
    })
})

test('a broken body of many brackets gets 400 without a place', async ({ app }) => {
  const headers = { 'content-type': 'application/json' }
  const detail = 'The body is not valid JSON, and is nested too deeply.'
  // A text that ends at a line break hides the brackets behind it from the count.
  for (const payload of ['['.repeat(9_000), `["x\n${'['.repeat(9_000)}`]) {
    const refused = await app.inject({ method: 'POST', url: '/any', headers, payload })
    expect(refused.json()).toMatchObject({ code: 'invalid-json', detail })
  }
})

test('the error of a list that is too long names its length', async ({ app }) => {
  const headers = { 'content-type': 'application/json' }
  const send = (body: object) => app.inject({ method: 'POST', url: '/listed', headers, payload: JSON.stringify(body) })
  const ids = Array.from({ length: 9_000 }, () => 'x')
  const tooMany = { pointer: '/ids', detail: 'must have at most 3 items, not 9000' }
  expect((await send({ ids })).json().errors).toEqual([tooMany])
  const several = (await send({ ids: [1, ...ids], name: 2 })).json().errors
  expect(several).toContainEqual({ pointer: '/ids/0', detail: 'must be text, not 1' })
  expect(several).toContainEqual({ pointer: '/ids', detail: 'must have at most 3 items, not 9001' })
  expect(several).toContainEqual({ pointer: '/name', detail: 'must be text, not 2' })
  expect((await send({ ids: ['a', 2, 'c'] })).json().errors).toEqual([
    { pointer: '/ids/1', detail: 'must be text, not 2' },
  ])
})

test('unknown names are listed up to a hundred, and a long one is not repeated', async ({ app }) => {
  const headers = { 'content-type': 'application/json' }
  const errorsOf = async (names: readonly string[]) => {
    const payload = JSON.stringify(Object.fromEntries(names.map((name) => [name, 1])))
    return (await app.inject({ method: 'POST', url: '/action', headers, payload })).json().errors
  }
  const numbered = (count: number) => Array.from({ length: count }, (_, i) => `f${i}`)
  expect((await errorsOf(numbered(40))).map(({ pointer }: { pointer: string }) => pointer)).toEqual(
    numbered(40).map((name) => `/${name}`),
  )
  expect(await errorsOf(numbered(101))).toEqual([{ pointer: '', detail: 'has too many unknown members' }])
  expect(await errorsOf(['x'.repeat(100_000)])).toEqual([
    { pointer: '', detail: 'has an unknown member whose name has 100000 characters' },
  ])
})

test('a body with a content coding gets 415 before it arrives, and its connection goes on', async ({ app }) => {
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const socket = connect({ port: Number(port), host: '127.0.0.1' })
  await once(socket, 'connect')
  const post = 'POST /any HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n'
  const nextResponse = async () => String((await once(socket, 'data'))[0])
  socket.write(`${post}Content-Encoding: gzip\r\n\r\n`)
  expect(await nextResponse()).toMatch(/^HTTP\/1\.1 415 .*accept-encoding: identity/s)
  socket.write(`null${post}\r\ntrue`)
  expect(await nextResponse()).toMatch(/^HTTP\/1\.1 200 /)
  socket.destroy()
})

test('a content coding without a body has no effect', async ({ app }) => {
  const headers = { 'content-encoding': 'gzip', 'content-length': '0' }
  expect((await app.inject({ method: 'POST', url: '/action', headers })).statusCode).toBe(200)
  expect((await app.inject({ method: 'POST', url: '/nothing', headers, payload: 'x' })).statusCode).toBe(404)
})
