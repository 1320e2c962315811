import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { until } from '@goals-tasks/devstack/testing'
import { userScopes } from '@goals-tasks/http'
import type { FastifyInstance } from 'fastify'
import { expect } from 'vitest'
import { openFeedSocket } from '../support/feed-sockets.ts'
import { test } from '../support/test.ts'
import { startTestApp, type TestAppOptions } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'

// A peer that answers no ping between two heartbeats is cut off, and a busy machine may take a while.
const limits = { heartbeatMs: 1_000, verifyEveryMs: 50 }
test.override({ apiOptions: { streamLimits: limits, corsOrigins: ['https://app.example'] } })

const secondsFromNow = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds

/** Returns the number of open connections to the API. */
const connectionsOf = ({ app }: { app: FastifyInstance }) =>
  new Promise<number>((resolve, reject) =>
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  )

/** Runs `work` with a second API on the same data, which has other limits. */
async function withApi<T>(
  { database, redis }: { database: { url: string }; redis: { url: string; prefix: string } },
  streamLimits: TestAppOptions['streamLimits'],
  work: (api: Awaited<ReturnType<typeof startTestApp>>) => Promise<T>,
): Promise<T> {
  const api = await startTestApp({ database, redis, streamLimits })
  try {
    return await work(api)
  } finally {
    await api.close()
  }
}

test('a write after `ready` arrives wherever the token is: header, subprotocol or first message', async ({ api }) => {
  const ada = await api.as()
  const late = await openFeedSocket(api, { token: null })
  late.send({ auth: await signToken(ada.id, userScopes.join(' ')) })
  const sockets = [
    await openFeedSocket(api, { userId: ada.id }),
    await openFeedSocket(api, { userId: ada.id, inSubprotocol: true }),
    late,
  ]
  for (const socket of sockets) await socket.waitFor('ready')
  expect(sockets.map(({ socket }) => socket.protocol)).toEqual(Array(3).fill('goals-tasks.v1'))
  const goal = await ada.createGoal()
  for (const socket of sockets) await until(() => socket.changes().length === 1)
  const { body } = await ada.get(`/v1/changes?cursor=${sockets[0]?.of('ready')[0]?.cursor}`)
  for (const socket of sockets) expect(socket.of('change').map(({ event }) => event)).toEqual(body.data)
  expect(body.data?.[0]).toMatchObject({ entityId: goal.id })
})

test('a socket continues from its cursor without a gap, and an unknown cursor leads to one reset', async ({ api }) => {
  const ada = await api.as()
  const first = await openFeedSocket(api, { userId: ada.id })
  await first.waitFor('ready')
  await ada.createGoal()
  await until(() => first.changes().length === 1)
  const cursor = first.lastCursor()
  first.socket.close()
  const goal = await ada.createGoal()
  const next = await openFeedSocket(api, { userId: ada.id, query: { cursor } })
  await until(() => next.changes().length === 1)
  expect(next.changes()).toEqual([goal.id])
  const lost = await openFeedSocket(api, { userId: ada.id, query: { cursor: 'nonsense' } })
  await lost.waitFor('reset')
  const snapshot = { cursor: expect.any(String), lists: expect.arrayContaining(['/v1/tasks?deleted=include']) }
  expect(lost.messages[0]).toEqual({ type: 'reset', reason: 'cursor-mismatch', snapshot })
  const again = await openFeedSocket(api, { userId: ada.id, query: { cursor: lost.lastCursor() } })
  await again.waitFor('ready')
  await again.waitFor('heartbeat')
  expect(again.of('reset')).toEqual([])
})

test('a socket is refused before its upgrade when its origin, protocol, token or query is not good', async ({
  api,
}) => {
  const noScope = await signToken(randomUUID(), 'goals:read')
  const before = await connectionsOf(api)
  const refused = [
    await openFeedSocket(api, { origin: 'https://evil.example' }),
    await openFeedSocket(api, { origin: 'null' }),
    await openFeedSocket(api, { protocols: [] }),
    await openFeedSocket(api, { protocols: ['graphql-ws'] }),
    await openFeedSocket(api, { token: 'none' }),
    await openFeedSocket(api, { token: 'none', inSubprotocol: true }),
    await openFeedSocket(api, { token: noScope }),
    // A token in an address would stand in logs.
    await openFeedSocket(api, { token: null, query: { token: noScope } }),
  ]
  expect(refused.map((socket) => socket.refused())).toEqual([403, 403, 400, 400, 401, 401, 403, 400])
  await until(async () => (await connectionsOf(api)) <= before)
  const address = await api.listen()
  for (const origin of ['https://app.example', address]) {
    const admitted = await openFeedSocket(api, { origin })
    await admitted.waitFor('ready')
  }
})

test('a first message is refused when it has no good token, is malformed or too large', async ({ api }) => {
  const expectRefusal = async (message: unknown, code: number) => {
    const socket = await openFeedSocket(api, { token: null })
    socket.send(message)
    expect(await socket.closed(), String(message)).toMatchObject({ code })
    expect(socket.of('ready')).toEqual([])
  }
  await expectRefusal({ auth: 'none' }, 4401)
  await expectRefusal({ auth: await signToken(randomUUID(), 'goals:read') }, 4403)
  for (const message of ['', 'x', 'null', '[]', '{}', '{"auth":1}']) await expectRefusal(message, 1008)
  await expectRefusal('x'.repeat(17 * 1024), 1009)
})

test('a metric counts the open connections by their transport', async ({ api }) => {
  const count = async (transport: string) =>
    new RegExp(`^gt_feed_connections\\{transport="${transport}"\\} (.*)$`, 'm').exec(await api.registry.metrics())?.[1]
  await until(async () => (await count('socket')) === '0')
  const userId = randomUUID()
  const sockets = [await openFeedSocket(api, { userId }), await openFeedSocket(api, { userId })]
  for (const socket of sockets) await socket.waitFor('ready')
  expect([await count('socket'), await count('event-stream'), await count('waiting')]).toEqual(['2', '0', '0'])
  for (const { socket } of sockets) socket.close()
  await until(async () => (await count('socket')) === '0')
})

test('a socket without a token is closed after a while', async ({ api }) => {
  await withApi(api, { firstMessageMs: 20 }, async (impatient) => {
    const socket = await openFeedSocket(impatient, { token: null })
    expect(await socket.closed()).toEqual({ code: 4401, reason: 'Send {"auth": token} first.' })
  })
})

test('a socket outlives its token when the client sends a new one, and none of another user', async ({ api }) => {
  const ada = await api.as()
  // A busy machine needs a while for the sockets and the new tokens.
  const expiresAt = secondsFromNow(5)
  const token = await signToken(ada.id, userScopes.join(' '), expiresAt)
  const open = () => openFeedSocket(api, { token })
  const [renewed, other, silent] = await Promise.all([open(), open(), open()])
  await renewed.waitFor('expiring')
  expect(renewed.of('expiring')).toEqual([{ type: 'expiring', expiresAt: new Date(expiresAt * 1_000).toISOString() }])
  renewed.send({ auth: await signToken(ada.id, userScopes.join(' ')) })
  other.send({ auth: await signToken(randomUUID(), userScopes.join(' ')) })
  await renewed.waitFor('renewed')
  expect(await other.closed()).toMatchObject({ code: 4401, reason: 'The token is one of another user.' })
  expect(await silent.closed()).toEqual({ code: 4401, reason: 'token-expired' })
  expect(silent.messages.at(-1)).toMatchObject({ type: 'end', reason: 'token-expired' })
  const goal = await ada.createGoal()
  await until(() => renewed.changes().includes(goal.id))
})

test('a socket ends at once when the process that serves it revokes its API key', async ({ api }) => {
  await withApi(api, { verifyEveryMs: 600_000 }, async (process) => {
    const ada = await process.as()
    const { body } = await ada.post('/v1/api-keys', { name: 'A program', scopes: ['tasks:read'] })
    const [byKey, byToken] = [
      await openFeedSocket(process, { token: String(body.key) }),
      await openFeedSocket(process, { userId: ada.id }),
    ]
    for (const socket of [byKey, byToken]) await socket.waitFor('ready')
    await ada.delete(`/v1/api-keys/${body.id}`)
    await byKey.waitFor('end')
    expect(byKey.messages.at(-1)).toMatchObject({ type: 'end', reason: 'token-expired' })
    expect(await byKey.closed()).toEqual({ code: 4401, reason: 'token-expired' })
    expect([byToken.of('end'), byToken.socket.readyState]).toEqual([[], byToken.socket.OPEN])
  })
})

test('a user has ten connections of all kinds, and a client sends few messages', async ({ api }) => {
  const userId = randomUUID()
  const sockets = await Promise.all(Array.from({ length: 10 }, () => openFeedSocket(api, { userId })))
  for (const socket of sockets) await socket.waitFor('ready')
  expect(await (await openFeedSocket(api, { userId })).closed()).toMatchObject({ code: 4429 })
  const token = await signToken(userId, userScopes.join(' '))
  const [first] = sockets
  for (let i = 0; i < 25; i++) first?.send({ auth: token })
  expect(await first?.closed()).toMatchObject({ code: 1008 })
})

test('a client that takes nothing is closed with the cursor, and a stopping process with its reason', async ({
  api,
}) => {
  const ada = await api.as()
  // Nothing counts as taken, so the client stalls at once.
  const stalled = await withApi(api, { maxUnsentBytes: -1, stalledMs: 50 }, async (strict) => {
    const socket = await openFeedSocket(strict, { userId: ada.id })
    await socket.closed()
    return socket
  })
  const cursor = stalled.of('ready')[0]?.cursor
  expect(stalled.messages.map(({ type }) => type)).toEqual(['ready', 'lagging', 'end'])
  expect(await stalled.closed()).toEqual({ code: 1013, reason: cursor })
  const stopped = await withApi(api, limits, async (process) => {
    const socket = await openFeedSocket(process, { userId: ada.id })
    await socket.waitFor('ready')
    return socket
  })
  expect(await stopped.closed()).toEqual({ code: 1012, reason: 'stopping' })
  const goal = await ada.createGoal()
  const next = await openFeedSocket(api, { userId: ada.id, query: { cursor: stopped.lastCursor() } })
  await until(() => next.changes().length === 1)
  expect(next.changes()).toEqual([goal.id])
})

test('an address without sockets serves a request that offers an upgrade, and that of sockets no plain one', async ({
  api,
}) => {
  const address = await api.listen()
  const authorization = `Bearer ${await signToken(randomUUID(), userScopes.join(' '))}`
  const statusOf = (path: string, headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = request(address + path, { headers: { authorization, ...headers } }, (response) => {
        resolve(response.statusCode)
        sent.destroy()
      })
      sent.on('error', reject).end()
    })
  const offers = { connection: 'upgrade, http2-settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' }
  expect(await statusOf('/v1/goals', offers)).toBe(200)
  expect(await statusOf('/v1/goals', { connection: 'upgrade', upgrade: 'websocket' })).toBe(200)
  expect(await statusOf('/v1/changes/socket', {})).toBe(400)
})
