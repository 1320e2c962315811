import { once } from 'node:events'
import { connect } from 'node:net'
import { createRegistry } from '@goals-tasks/observability'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createServer } from '../src/server.ts'

async function startServer() {
  const app = await createServer({
    ...{ log: pino({ level: 'silent' }), registry: createRegistry(), bodyLimitBytes: 1_000 },
  })
  app.post('/things', async () => 'done')
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  onTestFinished(() => app.close())
  return Number(port)
}

/** Sends a head and a body. @returns the response, and when the server closes the connection */
async function send(port: number, head: string, body = '') {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const closed = once(socket, 'close')
  socket.write(`${head}\r\nHost: x\r\nContent-Type: application/json\r\n\r\n${body}`)
  const [received] = await once(socket, 'data')
  return { socket, text: String(received), closed }
}

test.for(['Content-Length: 1001', 'Transfer-Encoding: chunked'])(
  'a body to an unknown address is not read, and its connection is closed when it says %s',
  async (length) => {
    const { text, closed } = await send(await startServer(), `POST /nowhere HTTP/1.1\r\n${length}`)
    expect(text).toMatch(/^HTTP\/1.1 404 /)
    expect(text).toMatch(/^connection: close\r$/m)
    await closed
  },
)

test('a connection is kept when the rest of a refused body is small', async () => {
  const { text } = await send(await startServer(), 'POST /nowhere HTTP/1.1\r\nContent-Length: 1000')
  expect(text).toMatch(/^HTTP\/1.1 404 /)
  expect(text).toMatch(/^connection: keep-alive\r$/im)
})

test('a connection serves further requests after a refused body that has arrived', async () => {
  const { socket, text, closed } = await send(await startServer(), 'POST /things HTTP/1.1\r\nContent-Length: 3', '{"a')
  expect(text).toMatch(/^HTTP\/1.1 400 /)
  socket.write('POST /things HTTP/1.1\r\nHost: x\r\n\r\n')
  const [received] = await Promise.race([once(socket, 'data'), closed])
  expect(String(received)).toMatch(/^HTTP\/1.1 200 /)
})
