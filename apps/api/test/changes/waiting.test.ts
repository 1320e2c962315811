import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { createWaiting } from '../../src/features/changes/waiting.ts'
import { test } from '../support/test.ts'

type Page = { data: { entityId: string }[]; page: { nextCursor: string } }

test('a waiting request is answered with the change of another user when it commits', async ({ api }) => {
  const [ada, bob] = [await api.as(), await api.as()]
  const goal = await ada.createGoal()
  const begin = (await bob.get('/v1/changes')).body as unknown as Page
  const waiting = bob.get(`/v1/changes?wait=20&cursor=${begin.page.nextCursor}`)
  const task = await ada.createTask(goal.id, { assignedTo: bob.id })
  const page = (await waiting).body as unknown as Page
  expect(page.data.map(({ entityId }) => entityId)).toContain(task.id)
})

test('a wait ends without an event after its time, and at once when the service closes', async ({ api }) => {
  const ada = await api.as()
  const begin = (await ada.get('/v1/changes')).body as unknown as Page
  const page = (await ada.get(`/v1/changes?wait=1&cursor=${begin.page.nextCursor}`)).body as unknown as Page
  expect(page.data).toEqual([])
  const waiting = createWaiting(api.pool)
  const wait = waiting.waitForEvents(ada.id, '9000000000:9000000000:', 100_000)
  waiting.close()
  await wait
  await waiting.waitForEvents(ada.id, '9000000000:9000000000:', 100_000)
})

test('one query at a time looks for all waiting readers, and none runs when no reader waits', async ({ api }) => {
  let queries = 0
  const query = (...given: Parameters<typeof api.pool.query>) => {
    queries++
    return api.pool.query(...given)
  }
  const db = { query } as unknown as typeof api.pool
  const waiting = createWaiting(db, { everyMs: 10, perReader: 1, total: 3 })
  const never = '9000000000:9000000000:'
  const reader = randomUUID()
  const waits = [reader, randomUUID(), randomUUID()].map((id) => waiting.waitForEvents(id, never, 100_000))
  // Both are above a limit, so they do not wait.
  await waiting.waitForEvents(reader, never, 100_000)
  await waiting.waitForEvents(randomUUID(), never, 100_000)
  await until(() => queries >= 3)
  waiting.close()
  await Promise.all(waits)
  const atEnd = queries
  await api.pool.query('select pg_sleep(0.1)')
  expect(queries).toBe(atEnd)
})
