import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createClient } from './client.ts'

const userId = '00000000-0000-4000-8000-000000000001'

/** Starts an API that handles its requests by these listeners, one after the other, and a client of it. */
async function startClient(...listeners: RequestListener[]) {
  let requests = 0
  let writes = 0
  const server = createServer((request, response) => listeners[requests++]?.(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close().closeAllConnections())
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({
    apiUrl,
    secret: { key: Buffer.alloc(32, 'k'), issuer: undefined, audience: undefined, scopeClaim: 'scope' },
    onWrite() {
      writes++
    },
  })
  return { client, requests: () => requests, writes: () => writes }
}

const cut: RequestListener = (request) => request.socket.destroy()
const answer: RequestListener = (_request, response) => void response.end('{"id": "1"}')
const replay: RequestListener = (_request, response) =>
  void response.setHeader('idempotency-replayed', 'true').end('{"id": "1"}')
const stop: RequestListener = (_request, response) =>
  void response.writeHead(503, { 'retry-after': '0', connection: 'close' }).end('{}')
const fail: RequestListener = (_request, response) => void response.writeHead(500).end('{}')

test('a write is counted once when the connection of its response ends and its repetition is replayed', async () => {
  const { client, requests, writes } = await startClient(cut, stop, replay, replay)
  expect(await client(userId, 'POST', '/v1/goals', { body: {}, idempotencyKey: ['a'] })).toEqual({ id: '1' })
  expect({ requests: requests(), writes: writes() }).toEqual({ requests: 3, writes: 1 })
  await client(userId, 'POST', '/v1/goals', { body: {}, idempotencyKey: ['a'] })
  expect(writes()).toBe(1)
})

test('a response without Retry-After fails the request at once', async () => {
  const { client, requests } = await startClient(fail, answer)
  await expect(client(userId, 'GET', '/v1/goals')).rejects.toThrow('GET /v1/goals was answered 500')
  expect(requests()).toBe(1)
})
