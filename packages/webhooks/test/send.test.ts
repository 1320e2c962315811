import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { cleanUp, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import type { LookupAll } from '../src/guarded-agent.ts'
import { createSender, type SenderOptions } from '../src/send.ts'

const everywhere = { isAllowed: () => true }

function sender(options: Partial<SenderOptions> = {}) {
  const { post, close } = createSender({ ...everywhere, ...options })
  cleanUp(close)
  return (url: string) => post({ url, headers: { 'webhook-id': 'an-id' }, body: '{"a":1}' })
}

async function listen(server: ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
}

/** Starts a receiver that answers by `answer`. */
async function receiver(answer: RequestListener) {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  })
  cleanUp(async () => void server.close().closeAllConnections())
  return { requests, url: await listen(server) }
}

/** Starts a receiver that writes raw bytes as soon as a request arrives. */
async function rawReceiver(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('data', () => answer(socket))
  })
  cleanUp(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { sockets, url: await listen(server) }
}

test('a sender posts the body and returns the status with the start of the response', async () => {
  const { requests, url } = await receiver((_, response) => response.writeHead(202).end('y'.repeat(2_000)))
  expect(await sender()(url)).toMatchObject({ status: 202, error: null, response: 'y'.repeat(1_024), retryAfterMs: 0 })
  expect(requests[0]).toMatchObject({ method: 'POST', headers: { 'webhook-id': 'an-id', 'content-length': '7' } })
})

test('a sender returns the wait that the receiver asks for', async () => {
  const { url } = await receiver((_, response) => response.writeHead(429, { 'retry-after': '120' }).end())
  expect(await sender()(url)).toMatchObject({ status: 429, retryAfterMs: 120_000, response: null })
})

test.for([301, 302, 303, 307, 308])(
  'a sender does not follow a redirect when the receiver answers %i',
  async (code) => {
    const elsewhere = await receiver((_, response) => response.end())
    const { url } = await receiver((_, response) => response.writeHead(code, { location: elsewhere.url }).end())
    expect(await sender()(url)).toMatchObject({ status: code })
    expect(elsewhere.requests).toEqual([])
  },
)

test('a request times out when the receiver hangs', async () => {
  const { url } = await receiver(() => undefined)
  expect(await sender({ timeoutMs: 100 })(url)).toMatchObject({ status: null, error: 'no answer within 0.1 s' })
})

test('a request times out when the receiver drips its headers', async () => {
  const { sockets, url } = await rawReceiver((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const drip = setInterval(() => socket.write('x-drip: 1\r\n'), 10)
    socket.once('close', () => clearInterval(drip))
  })
  expect(await sender({ timeoutMs: 100 })(url)).toMatchObject({ status: null, error: 'no answer within 0.1 s' })
  await until(() => [...sockets].every((socket) => socket.destroyed))
})

test('a sender keeps the status when the receiver drips its body', async () => {
  const { url } = await receiver((_, response) => {
    const drip = setInterval(() => response.write('.'), 10)
    response.once('close', () => clearInterval(drip))
  })
  const answer = await sender({ timeoutMs: 150 })(url)
  expect(answer).toMatchObject({ status: 200, error: null, response: expect.stringMatching(/^\.+$/) })
})

test('a sender stops reading when the receiver sends without an end', async () => {
  const tenGigabytes = 10 * 1024 ** 3
  const { sockets, url } = await rawReceiver((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${tenGigabytes}\r\n\r\n`)
    const chunk = Buffer.alloc(65_536, 'z')
    const fill = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', fill)
    fill()
  })
  expect(await sender()(url)).toMatchObject({ status: 200, response: 'z'.repeat(1_024) })
  await until(() => [...sockets].every((socket) => socket.destroyed))
  expect([...sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0)).toBeLessThan(64 * 1024 ** 2)
})

test.for([
  ['promises more than it sends', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort', 'short'],
  ['sends more than it promises', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more', 'ok'],
  ['sends a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nzz', 'ok'],
] as const)('a status counts when the receiver %s', async ([, bytes, response]) => {
  const { url } = await rawReceiver((socket) => socket.end(bytes))
  expect(await sender()(url)).toMatchObject({ status: 200, error: null, response })
})

test.for([
  ['closes early', ''],
  ['does not speak HTTP', 'SSH-2.0-OpenSSH_9\r\n'],
  ['sends endless headers', `HTTP/1.1 200 OK\r\nx: ${'h'.repeat(100_000)}`],
] as const)('a request fails when the receiver %s', async ([, bytes]) => {
  const { url } = await rawReceiver((socket) => socket.end(bytes))
  expect(await sender()(url)).toMatchObject({ status: null, error: expect.stringMatching(/\w/) })
})

test('a response without text that Postgres could store is stored with replacements', async () => {
  const { url } = await receiver((_, response) => response.end(Buffer.from([0x61, 0, 0xff, 0x62])))
  expect(await sender()(url)).toMatchObject({ response: 'a\uFFFD\uFFFDb' })
})

test.for(['http://me:secret@127.0.0.1:1/', 'http://me:secret@:x/', 'ftp://me:secret@127.0.0.1/'])(
  'the error shows no credentials when %s cannot be reached',
  async (url) => {
    const { status, error } = await sender()(url)
    expect(status).toBeNull()
    expect(error).not.toContain('secret')
  },
)

test('a sender refuses an address that is not allowed when the URL names it', async () => {
  const { requests, url } = await receiver((_, response) => response.end())
  const { port } = new URL(url)
  const post = sender({ isAllowed: (address) => !address.startsWith('127.') && !address.includes(':') })
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost'])
    for (const scheme of ['http', 'https'])
      expect(await post(`${scheme}://${host}:${port}/`)).toMatchObject({ error: expect.stringMatching(/not allowed/) })
  expect(requests).toEqual([])
})

test('a sender checks each connection when the host resolves to another address later', async () => {
  const { requests, url } = await receiver((_, response) => response.writeHead(200, { connection: 'close' }).end())
  const answers = ['127.0.0.1', '127.0.0.2']
  const lookup: LookupAll = (_host, _options, callback) =>
    callback(null, [{ address: answers.shift() ?? '127.0.0.2', family: 4 }])
  const post = sender({ isAllowed: (address) => address === '127.0.0.1', lookup })
  const rebinding = url.replace('127.0.0.1', 'rebinding.example')
  expect(await post(rebinding)).toMatchObject({ status: 200 })
  expect(await post(rebinding)).toMatchObject({ status: null, error: 'the address of the host is not allowed' })
  expect(requests).toHaveLength(1)
})

test('a sender refuses a host when one of its addresses is not allowed', async () => {
  const lookup: LookupAll = (_host, _options, callback) =>
    callback(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ])
  const post = sender({ isAllowed: (address) => address === '127.0.0.1', lookup })
  expect(await post('http://mixed.example/')).toMatchObject({ error: 'the address of the host is not allowed' })
})
