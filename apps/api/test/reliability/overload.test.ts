import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished } from 'vitest'
import type { Client } from '../support/client.ts'
import { test } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'

const origin = 'https://app.example'
test.override({ apiOptions: { overloadAfterMs: 20, corsOrigins: [origin] } })

type Response = Awaited<ReturnType<Client['get']>>

/** Takes every connection of the API, so that all its work waits. @returns a function that gives them back */
async function takeConnections({ pool }: TestApp): Promise<() => void> {
  const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()))
  const giveBack = () => clients.splice(0).forEach((client) => void client.release())
  onTestFinished(giveBack)
  return giveBack
}

/** Repeats a request, without waiting for its responses, until one of them comes. @returns that one, and all */
async function sendUntilAnswered(send: () => Promise<Response>) {
  let first: Response | undefined
  const all: Promise<Response>[] = []
  await until(() => {
    if (!first) {
      const response = send()
      all.push(response)
      void response.then((answer) => {
        first ??= answer
      })
    }
    return first !== undefined
  })
  return { first, all }
}

const refused = { status: 503, headers: { 'retry-after': '2' }, body: { code: 'overloaded' } }

test('writes and reads that miss the cache get 503 when work waits, but not those of administrators', async ({
  api,
  ada,
  admin,
}) => {
  const goal = await ada.createGoal()
  const path = `/v1/goals/${goal.id}`
  // The second miss fills the cache.
  for (let i = 0; i < 3; i++) await ada.get(path)
  const giveBack = await takeConnections(api)
  const writes = await sendUntilAnswered(() => ada.post('/v1/goals', { title: 'Busy' }))
  expect(writes.first).toMatchObject(refused)
  const byAdmin = admin.post('/v1/goals', { title: 'Urgent' })

  const reads = await sendUntilAnswered(() => ada.get(`/v1/goals?limit=7&category=${randomUUID()}`))
  expect(reads.first).toMatchObject(refused)
  expect(await ada.get(path)).toMatchObject({ status: 200 })
  const readByAdmin = admin.get(`/v1/goals/${randomUUID()}`)

  giveBack()
  expect(await byAdmin).toMatchObject({ status: 201 })
  expect(await readByAdmin).toMatchObject({ status: 404 })
  const statuses = (await Promise.all(writes.all)).map(({ status }) => status)
  expect(new Set(statuses)).toEqual(new Set([201, 503]))
  await until(async () => (await ada.post('/v1/goals', { title: 'Quiet' })).status === 201)
  expect((await ada.get('/v1/tasks?limit=7')).status).toBe(200)

  const metrics = await api.registry.metrics()
  expect(metrics).toMatch(/^gt_overload_refusals_total\{kind="write"\} [1-9]/m)
  expect(metrics).toMatch(/^gt_overload_refusals_total\{kind="read"\} [1-9]/m)
  expect(metrics).toMatch(/^gt_db_oldest_wait_seconds 0$/m)
})

/** Returns a function that sends a create over HTTP. A page of `origin` sends it. */
async function createSender(api: TestApp, token: string) {
  const url = `${await api.listen()}/v1/goals`
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', origin }
  return async (more: Record<string, string> = {}) => {
    const response = await fetch(url, { method: 'POST', headers: { ...headers, ...more }, body: '{"title":"Busy"}' })
    const { date: _, ...shown } = Object.fromEntries(response.headers)
    return { status: response.status, headers: shown, body: await response.json() }
  }
}

const earlyRefusals = async ({ registry }: TestApp) =>
  Number(
    /^gt_http_request_duration_seconds_count\{route="none",method="POST",status="503"\} (\d+)$/m.exec(
      await registry.metrics(),
    )?.[1] ?? 0,
  )

test('a refused user gets the same 503 before the request has a route, and others are judged by their tokens', async ({
  api,
  ada,
  admin,
}) => {
  const token = await signToken(ada.id, 'goals:write', '2h')
  const [send, sendForged] = [await createSender(api, token), await createSender(api, `${token}x`)]
  expect((await send()).status).toBe(201)
  const giveBack = await takeConnections(api)
  const waiting = await sendUntilAnswered(() => ada.post('/v1/goals', { title: 'Busy' }))
  const id = { 'x-request-id': 'the-same-request' }

  expect(await earlyRefusals(api)).toBe(0)
  const late = await send(id)
  expect(late).toMatchObject({
    status: 503,
    headers: { 'access-control-allow-origin': origin },
    body: { instance: '/v1/goals' },
  })
  expect(await earlyRefusals(api)).toBe(0)
  for (let i = 1; i <= 3; i++) {
    expect(await send(id)).toEqual(late)
    expect(await earlyRefusals(api)).toBe(i)
  }
  expect((await sendForged()).status).toBe(401)
  const [adminToken, url] = [await signToken(admin.id, 'admin'), await api.listen()]
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
  const byAdmin = fetch(`${url}/v1/goals`, { method: 'POST', headers, body: '{"title":"Urgent"}' })

  giveBack()
  expect((await byAdmin).status).toBe(201)
  await Promise.all(waiting.all)
  await until(async () => (await send()).status === 201)
})
