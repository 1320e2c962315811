import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished } from 'vitest'
import { readMetric, startBeside } from '../support/beside.ts'
import type { Client } from '../support/client.ts'
import { test as base } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'
import { openBarriers } from './barriers.ts'

/** Two changes of a user run at a time while another user has one. */
const fairTurns = { least: 2, besideMs: 0, maxWaitMs: 600_000 }

const test = base
  .override({ apiOptions: { fairTurns } })
  .extend('barriers', async ({ api }, { onCleanup }) => {
    const barriers = openBarriers(api.database)
    onCleanup(barriers.close)
    return barriers
  })
  /** Holds a task of a user, and changes it. The change runs until `release`. */
  .extend('startChange', ({ barriers, api }) => async (user: Client, server: Listening = api) => {
    const [taskId = ''] = await user.createTaskIds(1)
    const release = await barriers.holdTask(taskId)
    const before = await barriers.countWaiting()
    const change = send(server, user, { method: 'PATCH', path: `tasks/${taskId}`, body: { title: 'Changed' } })
    await barriers.untilWaiting(before + 1)
    return { release, change }
  })

type Listening = Pick<TestApp, 'listen'>
type Sent = { method: string; path: string; body: object; signal?: AbortSignal }

/** Sends a request over a connection. */
async function send(api: Listening, { id }: Client, { path, body, ...request }: Sent): Promise<Response> {
  const [url, token] = [await api.listen(), await signToken(id, 'goals:write tasks:write')]
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'if-match': '*' }
  return fetch(`${url}/v1/${path}`, { ...request, headers, body: JSON.stringify(body) })
}
const goal = { method: 'POST', path: 'goals', body: { title: 'Sent' } }

const untilWaiting = (api: Pick<TestApp, 'registry'>, count: number) =>
  until(async () => (await readMetric(api, 'gt_http_turns_waiting')) === count)
const countGoals = async (user: Client) => (await user.get('/v1/goals?limit=50')).body.data?.length

type Change = { release: () => Promise<void>; change: Promise<Response> }

async function finish(changes: readonly Change[]): Promise<void> {
  for (const { release } of changes) await release()
  for (const { change } of changes) expect((await change).status).toBe(200)
}

test('changes of a user beyond their turns wait in their order, and those of other users do not', async ({
  api,
  ada,
  bob,
  admin,
  startChange,
}) => {
  const running = [await startChange(bob), await startChange(ada), await startChange(ada)]
  const created: number[] = []
  const waiting = [0, 1, 2].map(async (number) => {
    const key = { 'idempotency-key': randomUUID() }
    const { status } = await ada.post('/v1/goals', { title: `Number ${number}` }, key)
    created.push(number)
    return status
  })
  await untilWaiting(api, 3)
  // The changes that wait hold no connection and no key.
  await until(() => api.pool.totalCount - api.pool.idleCount === running.length)
  expect((await api.pool.query('select from idempotency_keys')).rowCount).toBe(0)
  expect((await ada.get('/v1/goals?limit=7')).status).toBe(200)
  expect((await admin.post('/v1/goals', { title: 'An administrator' })).status).toBe(201)
  for (let i = 0; i < 3; i++) expect((await bob.post('/v1/goals', { title: `Beside ${i}` })).status).toBe(201)
  expect(created).toEqual([])

  // One turn gets free, so those that wait run one after the other.
  await running[1]?.release()
  expect(await Promise.all(waiting)).toEqual([201, 201, 201])
  expect(created).toEqual([0, 1, 2])
  await finish(running)
  expect(await readMetric(api, 'gt_http_turns_total{outcome="waited"}')).toBe(3)
})

test('changes of a user do not wait while no other user has any, and begin when the others end', async ({
  api,
  ada,
  bob,
  startChange,
}) => {
  const ofAda = [await startChange(ada), await startChange(ada)]
  expect((await ada.post('/v1/goals', { title: 'Alone' })).status).toBe(201)
  const ofBob = await startChange(bob)
  const waiting = ada.post('/v1/goals', { title: 'Beside' })
  await untilWaiting(api, 1)
  await ofBob.release()
  expect((await waiting).status).toBe(201)
  await finish([...ofAda, ofBob])
})

test('a change that waits leaves the line when its client goes away', async ({ api, ada, bob, startChange }) => {
  const running = [await startChange(bob), await startChange(ada), await startChange(ada)]
  const hangUp = new AbortController()
  const gone = send(api, ada, { ...goal, signal: hangUp.signal })
  await untilWaiting(api, 1)
  const next = send(api, ada, goal)
  await untilWaiting(api, 2)
  hangUp.abort()
  await expect(gone).rejects.toThrow('aborted')
  await untilWaiting(api, 1)
  const before = Number(await countGoals(ada))
  await running[1]?.release()
  expect((await next).status).toBe(201)
  expect(await countGoals(ada)).toBe(before + 1)
  await finish(running)
})

test('a change gets 503 with Retry-After and has no effect when its turn does not come in time', async ({
  api,
  ada,
  bob,
  startChange,
}) => {
  const impatient = await startBeside(api, { fairTurns: { ...fairTurns, maxWaitMs: 1 } })
  const running = [
    await startChange(bob, impatient),
    await startChange(ada, impatient),
    await startChange(ada, impatient),
  ]
  const before = await countGoals(ada)
  const refused = await (await impatient.as(ada.id)).post('/v1/goals', { title: 'Too late' })
  expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '2' }, body: { code: 'overloaded' } })
  expect(await countGoals(ada)).toBe(before)
  expect(await readMetric(impatient, 'gt_http_turns_total{outcome="refused"}')).toBe(1)
  await finish(running)
})

/** Sends the head of a POST without its body. @returns a function that sends the body, and returns the response */
async function stall(server: Listening, { id }: Client, { path, body }: Sent) {
  const [url, token] = [new URL(await server.listen()), await signToken(id, 'goals:write tasks:write')]
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const content = JSON.stringify(body)
  const request = http.request(new URL(`/v1/${path}`, url), {
    ...{ method: 'POST', headers: { ...headers, 'content-length': content.length } },
  })
  onTestFinished(() => void request.destroy())
  request.flushHeaders()
  return async () => {
    request.end(content)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response.resume().statusCode
  }
}

test('a change whose body stalls gives its turn back, and takes another one when the body has arrived', async ({
  api,
  ada,
  bob,
  startChange,
}) => {
  const beside = await startBeside(api, { fairTurns: { ...fairTurns, bodyMs: 50 } })
  const ofBob = await startChange(bob, beside)
  const stalled = [await stall(beside, ada, goal), await stall(beside, ada, goal)]
  await until(async () => (await readMetric(beside, 'gt_http_turns_total{outcome="at-once"}')) >= 3)
  expect((await (await beside.as(ada.id)).post('/v1/goals', { title: 'Beside stalled ones' })).status).toBe(201)

  const ofAda = [await startChange(ada, beside), await startChange(ada, beside)]
  const arrived = stalled.map((sendBody) => sendBody())
  await untilWaiting(beside, 2)
  await finish(ofAda)
  expect(await Promise.all(arrived)).toEqual([201, 201])
  await finish([ofBob])
})

test('changes that wait are executed when the API closes', async ({ api, ada, bob, startChange }) => {
  const closing = await startBeside(api, { fairTurns })
  const running = [await startChange(bob, closing), await startChange(ada, closing), await startChange(ada, closing)]
  const waiting = send(closing, ada, goal)
  await untilWaiting(closing, 1)
  const closed = closing.close()
  // The others still run.
  expect((await waiting).status).toBe(201)
  await finish(running)
  await closed
})
