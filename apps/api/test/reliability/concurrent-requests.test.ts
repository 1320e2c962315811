import { promisify } from 'node:util'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { startBeside } from '../support/beside.ts'
import { openEventStream } from '../support/event-streams.ts'
import { openFeedSocket } from '../support/feed-sockets.ts'
import { test } from '../support/test.ts'

test.override({ apiOptions: { maxRequestsPerUser: 2 } })

test('a request gets 429 while too many of its user run, and those of other users succeed', async ({
  api,
  ada,
  bob,
}) => {
  const goal = await ada.createGoal()
  const clients = await Promise.all(Array.from({ length: api.pool.options.max }, () => api.pool.connect()))
  const list = () => ada.get('/v1/tasks?limit=7')
  const running = [list(), ada.patchGoal(goal.id, { title: 'changed' })]
  await until(() => api.pool.waitingCount >= 2)
  for (const refused of [await list(), await ada.post('/v1/goals', { title: 'Third' })])
    expect(refused).toMatchObject({
      ...{ status: 429, headers: { 'retry-after': '1' } },
      body: {
        ...{ code: 'rate-limited', policy: 'concurrent' },
        detail: 'At most 2 requests of a user run at a time. Wait for the responses to some.',
      },
    })
  const other = bob.get('/v1/goals?limit=7')
  for (const client of clients) client.release()
  expect((await other).status).toBe(200)
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200])
  // The two are over, so two more may run, again and again.
  for (let i = 0; i < 3; i++)
    expect((await Promise.all([list(), list()])).map(({ status }) => status)).toEqual([200, 200])
  expect(await api.registry.metrics()).toMatch(/^gt_http_concurrency_refusals_total 2$/m)
})

test('a socket counts as a running request of its user until it closes', async ({ api, bob }) => {
  for (let i = 0; i < 3; i++) {
    const sockets = [await openFeedSocket(api, { userId: bob.id }), await openFeedSocket(api, { userId: bob.id })]
    expect((await openFeedSocket(api, { userId: bob.id })).refused()).toBe(429)
    for (const { socket } of sockets) socket.close()
    await until(async () => (await bob.get('/v1/goals?limit=7')).status === 200)
    await until(async () => {
      const both = await Promise.all([bob.get('/v1/goals?limit=7'), bob.get('/v1/goals?limit=7')])
      return both.every(({ status }) => status === 200)
    })
  }
})

test('a stream counts as a running request of its user until it ends', async ({ api, ada }) => {
  const streams = [await openEventStream(api, { userId: ada.id }), await openEventStream(api, { userId: ada.id })]
  for (const stream of streams) await stream.waitFor('ready')
  expect((await openEventStream(api, { userId: ada.id })).response.status).toBe(429)
  expect((await ada.get('/v1/goals?limit=7')).status).toBe(429)
  for (const stream of streams) stream.close()
  await until(async () => (await ada.get('/v1/goals?limit=7')).status === 200)
})

test('a request whose client hangs up before its user is known does not count for that user', async ({ api, ada }) => {
  const { body } = await ada.post('/v1/api-keys', { name: 'A program', scopes: ['goals:read'] })
  // This process has not read the key yet.
  const beside = await startBeside(api, { maxRequestsPerUser: 2 })
  const url = `${await beside.listen()}/v1/goals?limit=7`
  const headers = { authorization: `Bearer ${body.key}` }
  const clients = await Promise.all(Array.from({ length: beside.pool.options.max }, () => beside.pool.connect()))
  const hangUp = new AbortController()
  const gone = [0, 1].map(() => fetch(url, { headers, signal: hangUp.signal }))
  await until(() => beside.pool.waitingCount > 0)
  hangUp.abort()
  for (const request of gone) await expect(request).rejects.toThrow('aborted')
  const countConnections = promisify(beside.app.server.getConnections.bind(beside.app.server))
  await until(async () => (await countConnections()) === 0)
  for (const client of clients) client.release()

  await until(async () => (await fetch(url, { headers })).status === 200)
})
