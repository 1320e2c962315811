import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { createRegistry } from '@goals-tasks/observability'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createServer } from '../src/server.ts'

// Every limit that would end a connection without the shutdown is longer than a test.
const arrivalLimits = { headersMs: 200_000, requestMs: 250_000, checkEveryMs: 1_000 }

/** Starts a server whose route /held responds when the test calls `release`. */
async function startServer(options: { shutdownTimeoutMs?: number } = {}) {
  const lines: { level: number; status?: number }[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const app = await createServer({ log, registry: createRegistry(), bodyLimitBytes: 100, arrivalLimits, ...options })
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  app.get('/held', async () => {
    held.resolve()
    await released.promise
    return { done: true }
  })
  app.get('/', async () => ({}))
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  onTestFinished(() => released.resolve())
  return { app, lines, held: held.promise, release: released.resolve, open: () => open(Number(port)) }
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** Sends a request that keeps its connection open. */
const request = (socket: Socket, path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)

test('a stop does not wait for a connection that never sent a request', async () => {
  const { app, open } = await startServer()
  const closed = once(await open(), 'close')
  await app.close()
  await closed
})

test('a stop does not wait for a connection whose headers have not arrived', async () => {
  const { app, open } = await startServer()
  const socket = await open()
  socket.write('GET / HTTP/1.1\r\nHost:')
  await app.close()
})

test('a stop does not wait for a connection whose requests are done', async () => {
  const { app, open } = await startServer()
  const socket = await open()
  request(socket, '/')
  await once(socket, 'data')
  await app.close()
})

test('a running request finishes during a stop, and its connection closes then', async () => {
  const { app, held, release, open } = await startServer()
  const socket = await open()
  request(socket, '/held')
  await held
  const closed = app.close()
  setImmediate(release)
  expect(await text(socket)).toContain('{"done":true}')
  await closed
})

test('a request that comes during a stop gets 503 as a problem with Retry-After, logged as info', async () => {
  const { app, lines, held, release, open } = await startServer()
  const socket = await open()
  request(socket, '/held')
  await held
  const closed = app.close()
  const received = once(app.server, 'request')
  request(socket, '/')
  await received
  release()
  const [, refused = ''] = (await text(socket)).split('{"done":true}')
  expect(refused).toMatch(/^HTTP\/1\.1 503 /)
  expect(refused).toMatch(/retry-after: 2\r\n/i)
  expect(refused).toMatch(/content-type: application\/problem\+json/i)
  expect(refused).toMatch(/connection: close\r\n/i)
  expect(refused).toContain('"code":"unavailable"')
  await closed
  const infoLevel = 30
  expect(lines.filter((line) => line.status === 503).map((line) => line.level)).toEqual([infoLevel])
})

test('a stop ends a request that runs until shortly before the shutdown timeout', async () => {
  const { app, held, open } = await startServer({ shutdownTimeoutMs: 2_100 })
  const socket = await open()
  request(socket, '/held')
  await held
  await app.close()
})
