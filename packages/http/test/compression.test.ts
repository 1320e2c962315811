import { Readable } from 'node:stream'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { createRegistry } from '@goals-tasks/observability'
import pino from 'pino'
import { test as base, expect } from 'vitest'
import { createAsset } from '../src/assets.ts'
import { registerCompression } from '../src/compression.ts'
import { createServer } from '../src/server.ts'
import { etag, sendTagged, viewTag } from '../src/tags.ts'

const long = JSON.stringify({ text: 'wind and waves '.repeat(200) })
const short = '{"text":"wind"}'
const origin = 'https://sailing.example'

// biome-ignore lint/correctness/noEmptyPattern: Vitest requires a destructuring pattern here.
const test = base.extend('app', { scope: 'file' }, async ({}, { onCleanup }) => {
  const log = pino({ level: 'silent' })
  const app = await createServer({ log, registry: createRegistry(), bodyLimitBytes: 100, corsOrigins: [origin] })
  registerCompression(app)
  app.get('/long', (request, reply) => sendTagged(request, reply, etag(7), long))
  app.get('/view', (request, reply) => sendTagged(request, reply, viewTag(long), long))
  app.get('/short', (request, reply) => sendTagged(request, reply, etag(7), short))
  app.get('/events', (_request, reply) => reply.type('text/event-stream').send(Readable.from([long])))
  app.get('/stream', (_request, reply) => reply.type('application/json').send(Readable.from([long])))
  app.get('/image', (_request, reply) => reply.type('image/png').send(long))
  const forever = 'public, max-age=31536000, immutable'
  app.get('/asset', createAsset({ load: () => long, type: 'text/javascript; charset=utf-8', cacheControl: forever }))
  onCleanup(() => app.close())
  return app
})

const decoders = { br: brotliDecompressSync, gzip: gunzipSync }

test.for([
  ['br', 'br'],
  ['gzip', 'gzip'],
  ['gzip, deflate, br', 'br'],
  ['br;q=0.1, gzip;q=0.5', 'gzip'],
  ['GZIP', 'gzip'],
] as const)('a response is compressed when the request accepts %s', async ([accepted, coding], { app }) => {
  for (const url of ['/long', '/asset']) {
    const { headers, rawPayload } = await app.inject({ url, headers: { 'accept-encoding': accepted } })
    expect(headers, url).toMatchObject({ 'content-encoding': coding, vary: 'Origin, Accept-Encoding' })
    expect(headers['content-length'], url).toBe(String(rawPayload.length))
    expect(rawPayload.length, url).toBeLessThan(long.length / 2)
    expect(decoders[coding](rawPayload).toString(), url).toBe(long)
  }
})

test.for([undefined, 'identity', 'gzip;q=0', 'identity, gzip;q=0.5', 'zip', ''])(
  'a response is sent as it is when the request accepts %s',
  async (accepted, { app }) => {
    for (const url of ['/long', '/asset']) {
      const headers = accepted === undefined ? {} : { 'accept-encoding': accepted }
      const response = await app.inject({ url, headers })
      expect(response.headers, url).not.toHaveProperty('content-encoding')
      expect(response.headers.vary, url).toBe('Origin, Accept-Encoding')
      expect(response.body, url).toBe(long)
    }
  },
)

test.for(['/short', '/events', '/stream', '/image'])('%s is never compressed', async (url, { app }) => {
  const { headers, body } = await app.inject({ url, headers: { 'accept-encoding': 'br, gzip' } })
  expect(headers).not.toHaveProperty('content-encoding')
  expect([long, short]).toContain(body)
})

test('a strong tag names the coding, and a weak tag stays the same', async ({ app }) => {
  const tagOf = async (url: string, accepted: string) =>
    (await app.inject({ url, headers: { 'accept-encoding': accepted } })).headers.etag
  expect([await tagOf('/long', 'identity'), await tagOf('/long', 'br')]).toEqual(['"7"', '"7-br"'])
  expect(await tagOf('/view', 'br')).toBe(viewTag(long))
  expect(await tagOf('/asset', 'gzip')).toMatch(/^"[\w-]{22}-gzip"$/)
})

test('a client that has a compressed response gets 304 under the tag of its response', async ({ app }) => {
  for (const url of ['/long', '/view', '/asset']) {
    const first = await app.inject({ url, headers: { 'accept-encoding': 'br' } })
    const tag = String(first.headers.etag)
    const second = await app.inject({ url, headers: { 'accept-encoding': 'br', 'if-none-match': `"x", ${tag}` } })
    expect([second.statusCode, second.body], url).toEqual([304, ''])
    expect(second.headers, url).toMatchObject({ etag: tag, vary: 'Origin, Accept-Encoding' })
    expect(second.headers, url).not.toHaveProperty('content-encoding')
  }
})

test('If-Match accepts the tag of a compressed response', async ({ app }) => {
  const statusOf = async (tag: string) =>
    (await app.inject({ url: '/long', headers: { 'if-match': tag, 'accept-encoding': 'br' } })).statusCode
  expect([await statusOf('"7-br"'), await statusOf('"8-br"')]).toEqual([200, 412])
})

test('a HEAD has the headers of its GET', async ({ app }) => {
  const headers = { 'accept-encoding': 'br' }
  const [get, head] = await Promise.all([
    app.inject({ url: '/long', headers }),
    app.inject({ method: 'HEAD', url: '/long', headers }),
  ])
  for (const name of ['content-length', 'content-encoding', 'etag', 'vary'])
    expect(head.headers[name], name).toBe(get.headers[name])
})
