import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test as base, expect } from 'vitest'
import { cleanUp, startTcpProxy } from '../src/testing/index.ts'

/** A proxy in front of a server that answers `ready` to a new connection and then echoes, and one connected client. */
const test = base.extend('connection', async () => {
  const served: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    served.push(socket)
    socket.on('error', () => undefined)
    socket.write('ready')
    socket.on('data', (data) => socket.write(data))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(async () => void server.close())
  const proxy = await startTcpProxy(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const client = connect(Number(new URL(proxy.url).port), '127.0.0.1')
  await once(client, 'data')
  return { proxy, client, served }
})

test('a proxy delays each chunk in both directions', async ({ connection: { proxy, client } }) => {
  proxy.delay(60)
  const sentAt = performance.now()
  client.write('late')
  const [data] = await once(client, 'data')
  expect(String(data)).toBe('late')
  expect(performance.now() - sentAt).toBeGreaterThan(115)
})

test('a proxy passes chunks at once after the delay has ended', async ({ connection: { proxy, client } }) => {
  proxy.delay(60_000)
  proxy.delay(0)
  client.write('soon')
  expect(String((await once(client, 'data'))[0])).toBe('soon')
})

test('both sides get an error when a proxy resets their connection', async ({ connection }) => {
  const { proxy, client, served } = connection
  const errors = Promise.all([client, ...served].map((socket) => once(socket, 'error')))
  proxy.reset()
  expect((await errors).map(([error]) => error.code)).toEqual(['ECONNRESET', 'ECONNRESET'])
})

test('the server still reaches the client after a proxy half-closed their connection', async ({ connection }) => {
  const { proxy, client, served } = connection
  const ends = Promise.all(served.map((socket) => once(socket, 'end')))
  proxy.halfClose()
  await ends
  served[0]?.end('last')
  expect(String((await once(client, 'data'))[0])).toBe('last')
})
