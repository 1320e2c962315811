import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createRegistry } from '@goals-tasks/observability'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createServer } from '../src/server.ts'

const arrivalLimits = { headersMs: 300, requestMs: 600, checkEveryMs: 50 }

/** Starts a server with small limits and sends `head` to it. Then it sends one more byte every 50 ms. */
async function sendSlowly(head: string) {
  const log = pino({ level: 'silent' })
  const app = await createServer({ log, registry: createRegistry(), bodyLimitBytes: 1_000, arrivalLimits })
  app.post('/things', async (request) => request.body)
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(head)
  const bytes = setInterval(() => socket.write('1'), 50)
  onTestFinished(async () => {
    clearInterval(bytes)
    socket.destroy()
    await app.close()
  })
  return readUntilClosed(socket)
}

/** Returns the response and the time until it came, when the connection is closed. */
async function readUntilClosed(socket: Socket) {
  const startMs = performance.now()
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk))
  await new Promise((resolve) => socket.once('data', resolve))
  const answeredMs = performance.now() - startMs
  await new Promise((resolve) => socket.once('close', resolve))
  return { response: String(Buffer.concat(chunks)), answeredMs }
}

const head = 'POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n'

test('a slow body gets 408 when the limit of a request is over', async () => {
  const { response, answeredMs } = await sendSlowly(`${head}\r\n`)
  expect(response).toMatch(/^HTTP\/1\.1 408 /)
  expect(response).toContain('"code":"request-timeout"')
  expect(answeredMs).toBeGreaterThan(arrivalLimits.headersMs)
})

test('slow headers get 408 when the limit of headers is over', async () => {
  const { response } = await sendSlowly(`${head}X-Slow: `)
  expect(response).toMatch(/^HTTP\/1\.1 408 /)
})
