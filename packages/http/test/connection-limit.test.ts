import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createRegistry } from '@goals-tasks/observability'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createServer } from '../src/server.ts'

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

const untilTrue = (condition: () => boolean | undefined) => expect.poll(condition, { timeout: 60_000 }).toBe(true)

/** Starts a server that takes two connections. `release` answers the requests of `/slow`. */
async function startServer() {
  const registry = createRegistry()
  const app = await createServer({
    ...{ log: pino({ level: 'silent' }), registry, bodyLimitBytes: 1_000 },
    ...{ maxConnections: 2, socketPaths: ['/socket'] },
  })
  const { promise, resolve: release } = Promise.withResolvers<void>()
  app.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    socket.resume().on('end', () => socket.end())
  })
  app.get('/quick', async () => 'quick')
  app.get('/slow', async () => {
    await promise
    return 'slow'
  })
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const sockets: Socket[] = []
  onTestFinished(async () => {
    release()
    for (const socket of sockets) socket.destroy()
    await app.close()
  })
  return {
    release,
    metrics: () => registry.metrics(),
    /** Connects, sends a request if there is one, and collects what comes back. */
    async open(request?: string) {
      const socket = connect({ host: '127.0.0.1', port: Number(port) })
      sockets.push(socket.on('error', () => undefined))
      let received = ''
      socket.on('data', (chunk) => {
        received += String(chunk)
      })
      let isClosed = false
      socket.once('close', () => {
        isClosed = true
      })
      await once(socket, 'connect')
      const send = (text: string) => socket.write(text)
      if (request) send(request)
      return { send, received: () => received, isClosed: () => isClosed }
    },
  }
}

test('a new connection replaces the one that was idle for longest when the limit is reached', async () => {
  const { open, metrics } = await startServer()
  const kept = await open()
  const used = await open(get('/quick'))
  await untilTrue(() => used.received().endsWith('quick'))
  const third = await open(get('/quick'))
  await untilTrue(() => third.received().endsWith('quick'))
  await untilTrue(kept.isClosed)
  expect(used.isClosed()).toBe(false)
  expect(await metrics()).toMatch(/^gt_http_connections_closed_total\{reason="replaced"\} 1$/m)
  expect(await metrics()).toMatch(/^gt_http_connections 2$/m)
})

test('an upgraded connection counts, and no idle time makes room in its place', async () => {
  const { open, metrics } = await startServer()
  const upgraded = await open('GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await untilTrue(() => upgraded.received().startsWith('HTTP/1.1 101'))
  const idle = await open()
  const late = await open(get('/quick'))
  await untilTrue(() => late.received().endsWith('quick'))
  await untilTrue(idle.isClosed)
  expect(upgraded.isClosed()).toBe(false)
  expect(await metrics()).toMatch(/^gt_http_connections 2$/m)
})

test('a new connection is closed when every other one has a running request', async () => {
  const { open, release, metrics } = await startServer()
  // The second one sends two requests at once, and one of them is still running.
  const running = [await open(get('/slow')), await open(get('/quick') + get('/slow'))]
  await untilTrue(() => running[1]?.received().endsWith('quick'))
  const late = await open()
  await untilTrue(late.isClosed)
  expect(await metrics()).toMatch(/^gt_http_connections_closed_total\{reason="full"\} 1$/m)
  release()
  await untilTrue(() => running.every((each) => each.received().endsWith('slow')))
})
