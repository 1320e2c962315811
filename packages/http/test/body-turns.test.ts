import { once } from 'node:events'
import { connect } from 'node:net'
import { createRegistry } from '@goals-tasks/observability'
import pino from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { BodyTurnLimits } from '../src/body-turns.ts'
import { userScopes } from '../src/scopes.ts'
import { createServer } from '../src/server.ts'

const anHour = 3_600_000
/** The first turn of a user ends with a pause without an end while other users are active. */
const endless = { share: 1e-9, burstMs: 0, maxPauseMs: anHour, maxWaitMs: anHour, otherUsersMs: anHour }

/** Starts a server whose header `user` names the user. */
async function startServer(bodyTurnLimits: Partial<BodyTurnLimits>) {
  const registry = createRegistry()
  const app = await createServer({
    ...{ log: pino({ level: 'silent' }), registry, bodyLimitBytes: 256 * 1024, bodyTurnLimits },
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const { user } = request.headers
    if (typeof user === 'string')
      request.actor = { id: user, admin: false, scopes: new Set(userScopes), expiresAtMs: Number.POSITIVE_INFINITY }
    done()
  })
  app.post('/things', { schema: { body: { type: 'object' } } }, async () => 'parsed')
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())
  const send = async (user: string, body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/things`, {
      ...{ method: 'POST', body },
      headers: { 'content-type': 'application/json', ...(user && { user }), ...headers },
    })
    return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() }
  }
  const readMetric = async (name: string) => {
    const line = (await registry.metrics()).split('\n').find((each) => each.startsWith(`${name} `))
    return Number(line?.split(' ').at(-1))
  }
  const untilWaiting = (count: number) =>
    vi.waitFor(async () => expect(await readMetric('gt_http_large_bodies_waiting')).toBe(count), { timeout: 60_000 })
  return { app, url, send, readMetric, untilWaiting }
}

const small = '{}'
const large = JSON.stringify({ text: 'x'.repeat(16 * 1024) })

test('a large body waits for the pause of its user, and small ones and those of others do not', async () => {
  const { app, send, readMetric, untilWaiting } = await startServer(endless)
  expect((await send('bob', small)).status).toBe(200)
  expect((await send('ada', large)).status).toBe(200)
  const waiting = [send('ada', large), send('ada', large)]
  await untilWaiting(2)
  for (const [user, body] of [
    ['ada', small],
    ['bob', large],
    ['', large],
  ] as const)
    expect((await send(user, body)).status).toBe(200)
  expect(await readMetric('gt_http_large_bodies_waiting')).toBe(2)
  expect(await readMetric('gt_http_large_bodies_total{outcome="at-once"}')).toBe(2)
  // The end of the server ends the pauses.
  await app.close()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
})

test('large bodies of a user have no pause while no other user is active', async () => {
  const { send, readMetric } = await startServer({ ...endless, otherUsersMs: anHour })
  for (let i = 0; i < 3; i++) expect((await send('ada', large)).status).toBe(200)
  const [atOnce, waited] = [
    await readMetric('gt_http_large_bodies_total{outcome="at-once"}'),
    await readMetric('gt_http_large_bodies_total{outcome="waited"}'),
  ]
  expect(atOnce + waited).toBe(3)
})

test('an encoded body takes a turn before it is refused unread', async () => {
  const { app, send, untilWaiting } = await startServer(endless)
  expect((await send('bob', small)).status).toBe(200)
  const gzip = { 'content-encoding': 'gzip' }
  expect((await send('ada', small, gzip)).status).toBe(415)
  const waiting = send('ada', small, gzip)
  await untilWaiting(1)
  await app.close()
  expect((await waiting).status).toBe(415)
})

test('a large body gets 429 when its turn does not come in time', async () => {
  const { send, readMetric } = await startServer({ ...endless, maxWaitMs: 1 })
  expect((await send('bob', small)).status).toBe(200)
  expect((await send('ada', large)).status).toBe(200)
  const refused = await send('ada', large)
  expect(refused).toMatchObject({ status: 429, retryAfter: '1' })
  expect(JSON.parse(refused.text)).toMatchObject({ code: 'rate-limited', policy: 'large-bodies' })
  expect(await readMetric('gt_http_large_bodies_total{outcome="refused"}')).toBe(1)
  expect((await send('ada', small)).status).toBe(200)
})

test('a body whose client hangs up waits no longer and is not parsed', async () => {
  const { url, send, readMetric, untilWaiting } = await startServer(endless)
  expect((await send('bob', small)).status).toBe(200)
  expect((await send('ada', large)).status).toBe(200)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  const head = 'POST /things HTTP/1.1\r\nHost: x\r\nUser: ada\r\nContent-Type: application/json\r\n'
  socket.write(`${head}Content-Length: ${large.length}\r\n\r\n${large}`)
  await untilWaiting(1)
  socket.destroy()
  await untilWaiting(0)
  expect(await readMetric('gt_http_large_bodies_total{outcome="waited"}')).toBe(0)
})
