import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { test } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'

test.override({ apiOptions: { overloadAfterMs: 20 } })

type Response = Awaited<ReturnType<Client['get']>>

/** Takes every connection of the API, so that all its work waits. @returns a function that gives them back */
async function takeConnections({ pool }: TestApp): Promise<() => void> {
  const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()))
  return () => clients.forEach((client) => void client.release())
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
