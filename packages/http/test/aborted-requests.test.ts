import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createServer } from '../src/server.ts'

type Line = { msg: string; level: string; url?: string; err?: { message: string } }

const head = 'Host: x\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n'
const wholeBody = '{"name": "a  thing"}'

/**
 * Starts a server that collects its log lines. `/held` responds when the test calls `release`. `received` resolves with
 * the head of the first request, `disconnected` when the server has closed the first connection.
 */
async function startServer() {
  const lines: Line[] = []
  const log = createLogger('test', 'debug', { write: (line) => void lines.push(JSON.parse(line)) })
  const app = await createServer({ log, registry: createRegistry(), bodyLimitBytes: 1_000 })
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const hold = async () => {
    held.resolve()
    await released.promise
  }
  const schema = { body: { type: 'object' } } as const
  app.post('/things', { schema }, async (request) => request.body)
  app.get('/held', hold)
  app.post('/held', { schema }, hold)
  app.get('/failing', async () => {
    await hold()
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  })
  const received = once(app.server, 'request')
  const disconnected = new Promise<void>((resolve) => {
    app.server.once('connection', (socket) => socket.once('close', () => resolve()))
  })
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  onTestFinished(() => app.close())
  return { lines, port: Number(port), held: held.promise, release: released.resolve, received, disconnected }
}

/** Sends bytes to a server, and resets the connection after `until`. */
async function sendAndHangUp(port: number, bytes: string, until: Promise<unknown>) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(bytes)
  await until
  socket.resetAndDestroy()
}

const waitForLine = (lines: Line[], line: Partial<Line>) =>
  vi.waitFor(() => expect(lines).toContainEqual(expect.objectContaining(line)), { timeout: 60_000 })
const linesOf = (lines: Line[]) => lines.filter((line) => !line.msg.startsWith('Server listening'))

test('a client that hangs up in mid-body is logged as an aborted request, not as a lost database', async () => {
  const { lines, port, received } = await startServer()
  await sendAndHangUp(port, `POST /things HTTP/1.1\r\n${head}{"na`, received)
  await waitForLine(lines, { msg: 'request aborted' })
  expect(lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([])
  expect(JSON.stringify(lines)).not.toContain('database')
})

const requests = {
  GET: 'GET /held HTTP/1.1\r\nHost: x\r\n\r\n',
  POST: `POST /held HTTP/1.1\r\n${head}${wholeBody}`,
}

test.for(Object.entries(requests))(
  'a client that hangs up before the response to a %s is logged as an aborted request',
  async ([, bytes]) => {
    const { lines, port, held, release } = await startServer()
    await sendAndHangUp(port, bytes, held)
    await waitForLine(lines, { msg: 'request aborted', level: 'info', url: '/held' })
    release()
    await setImmediate()
    expect(linesOf(lines)).toHaveLength(1)
  },
)

test('a database that is lost for an aborted request is logged as an error', async () => {
  const { lines, port, held, release } = await startServer()
  await sendAndHangUp(port, 'GET /failing HTTP/1.1\r\nHost: x\r\n\r\n', held)
  await waitForLine(lines, { msg: 'request aborted' })
  release()
  await vi.waitFor(() =>
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'request failed', level: 'error' })),
  )
})

test('bytes that are not HTTP are logged without the token in them', async () => {
  const { lines, port } = await startServer()
  const refused = waitForLine(lines, { msg: 'request refused' })
  await sendAndHangUp(port, 'GET / HTTP/1.1\r\nAuthorization: Bearer a-secret\r\nno header\r\n\r\n', refused)
  const line = lines.find(({ msg }) => msg === 'request refused')
  expect(line?.err).toMatchObject({ type: 'Error', code: expect.stringMatching(/^HPE_/) })
  expect(line?.err).not.toHaveProperty('rawPacket')
})

test('a client that hangs up after the response leaves one line of its request', async () => {
  const { lines, port, disconnected } = await startServer()
  const socket = connect(port, '127.0.0.1')
  socket.write(`POST /things HTTP/1.1\r\n${head}${wholeBody}`)
  await once(socket, 'data')
  socket.resetAndDestroy()
  await disconnected
  expect(linesOf(lines)).toMatchObject([{ msg: 'request', level: 'info' }])
})
