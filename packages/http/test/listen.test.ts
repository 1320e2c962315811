import { once } from 'node:events'
import { connect, type Server, type Socket } from 'node:net'
import { createRegistry } from '@goals-tasks/observability'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createListener } from '../src/listen.ts'
import { createServer } from '../src/server.ts'

const onLinux = process.platform === 'linux'

const patience = { timeout: 60_000 }

/** Starts a server. `release` answers the request of `/slow` that has waited for longest. */
async function startServer(port = 0) {
  const app = await createServer({
    ...{ log: pino({ level: 'silent' }), registry: createRegistry(), bodyLimitBytes: 1_000 },
  })
  const waiting: (() => void)[] = []
  app.get('/slow', async () => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return 'slow'
  })
  const release = () => waiting.shift()?.()
  const listener = createListener(app)
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= listener.close()
    return closed
  }
  onTestFinished(async () => {
    while (waiting.length > 0) release()
    await close()
  })
  const opened = await listener.listen({ host: '127.0.0.1', port })
  return { app, port: opened.port, release, close, requests: () => waiting.length }
}

/** Opens a connection. It ends with the test. */
function open(port: number) {
  const socket = connect({ host: '127.0.0.1', port }).on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  let received = ''
  socket.on('data', (chunk) => {
    received += String(chunk)
  })
  return { socket, received: () => received }
}

const openMany = (port: number, count: number) => Array.from({ length: count }, () => open(port))

/** Counts the turns of the event loop until the server has taken so many connections. */
async function turnsUntil(server: Server, connections: number) {
  let taken = 0
  let turns = 0
  server.on('connection', () => taken++)
  while (taken < connections) {
    await new Promise(setImmediate)
    if (taken > 0) turns++
  }
  return turns
}

test.runIf(onLinux)('a turn of the event loop takes several new connections', async () => {
  const { app, port } = await startServer()
  openMany(port, 200)
  // One socket that listens would need 200 turns, and 16 need 13 when each has the same number of connections.
  expect(await turnsUntil(app.server, 200)).toBeLessThan(100)
})

test('a port where another process listens is refused', async () => {
  const { port } = await startServer()
  await expect(startServer(port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('close lets running requests finish, whichever socket took them, and closes idle connections', async () => {
  const { port, release, close, requests } = await startServer()
  const busy = openMany(port, 32)
  const idle = openMany(port, 32)
  for (const { socket } of busy) socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  await expect.poll(requests, patience).toBe(32)
  const idleClosed = Promise.all(idle.map(({ socket }) => once(socket, 'close')))
  let isClosed = false
  const closed = close().then(() => {
    isClosed = true
  })
  await idleClosed
  expect(isClosed).toBe(false)
  await expect(codeOfConnecting(port)).resolves.toBe('ECONNREFUSED')
  // The requests end one by one, so the socket that began to listen first has no connection when others have some.
  for (let left = 31; left >= 0; left--) {
    release()
    await expect.poll(() => busy.filter(({ socket }) => !socket.closed).length, patience).toBe(left)
  }
  await closed
  expect(busy.filter(({ received }) => received().endsWith('slow'))).toHaveLength(32)
})

const codeOfConnecting = (port: number) =>
  new Promise<string | undefined>((resolve) => {
    const socket: Socket = connect({ host: '127.0.0.1', port })
    onTestFinished(() => void socket.destroy())
    socket.once('connect', () => resolve(undefined))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
  })
