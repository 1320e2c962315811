import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect, vi } from 'vitest'
import { createWaiting } from '../../src/features/changes/waiting.ts'
import { test } from '../support/test.ts'
import { signToken } from '../support/token.ts'

const raise = (err: unknown): never => {
  throw err
}

/** Every transaction is visible in it. */
const never = '9000000000:9000000000:'

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
  const waiting = createWaiting(api.pool, { onError: raise })
  const wait = waiting.waitForEvents(ada.id, never, { ms: 100_000 })
  waiting.close()
  await wait
  await waiting.waitForEvents(ada.id, never, { ms: 100_000 })
})

test('one query at a time looks for all waiting readers, and none runs when no reader waits', async ({ api }) => {
  let queries = 0
  const query = (...given: Parameters<typeof api.pool.query>) => {
    queries++
    return api.pool.query(...given)
  }
  const db = { query } as unknown as typeof api.pool
  const waiting = createWaiting(db, { onError: raise, everyMs: 10, perReader: 1, total: 3 })
  const reader = randomUUID()
  const waits = [reader, randomUUID(), randomUUID()].map((id) => waiting.waitForEvents(id, never, { ms: 100_000 }))
  // Both are above a limit, so they do not wait.
  await waiting.waitForEvents(reader, never, { ms: 100_000 })
  await waiting.waitForEvents(randomUUID(), never, { ms: 100_000 })
  await until(() => queries >= 3)
  waiting.close()
  await Promise.all(waits)
  const atEnd = queries
  await api.pool.query('select pg_sleep(0.1)')
  expect(queries).toBe(atEnd)
})

test('a wait ends when its client hangs up, and its place is free', async ({ api }) => {
  const waiting = createWaiting(api.pool, { onError: raise, total: 1 })
  const client = new AbortController()
  const first = waiting.waitForEvents(randomUUID(), never, { ms: 100_000, signal: client.signal })
  client.abort()
  await first
  await waiting.waitForEvents(randomUUID(), never, { ms: 100_000, signal: client.signal })
  const second = waiting.waitForEvents(randomUUID(), never, { ms: 100_000 }).then(() => 'ended')
  // Nothing is read from Postgres yet, so the second wait ends only when it got no place.
  expect(await Promise.race([second, Promise.resolve().then(() => 'waiting')])).toBe('waiting')
  waiting.close()
  await second
})

test('no query looks for the reader of a request whose client hung up', async ({ api }) => {
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const queries = vi.spyOn(api.pool, 'query')
  const isSoughtFor = (id: string) => {
    const last = queries.mock.calls
      .map((call) => JSON.stringify(call))
      .findLast((call) => call.includes('feed_has_events'))
    return last?.includes(id) ?? false
  }
  const [stays, hangsUp] = [new AbortController(), new AbortController()]
  const wait = async ({ signal }: AbortController) => {
    const id = randomUUID()
    const begin = (await (await api.as(id)).get('/v1/changes')).body as unknown as Page
    const url = `${api.app.listeningOrigin}/v1/changes?wait=20&cursor=${begin.page.nextCursor}`
    const headers = { authorization: `Bearer ${await signToken(id, 'tasks:read')}` }
    return { id, answer: fetch(url, { headers, signal }).catch(({ name }: Error) => name) }
  }
  try {
    // The first wait ends before the second one, so only the hang-up can end the second one before it.
    const first = await wait(stays)
    await until(() => isSoughtFor(first.id))
    const second = await wait(hangsUp)
    await until(() => isSoughtFor(second.id))
    hangsUp.abort()
    await until(() => isSoughtFor(first.id) && !isSoughtFor(second.id))
    stays.abort()
    expect(await Promise.all([first.answer, second.answer])).toEqual(['AbortError', 'AbortError'])
  } finally {
    queries.mockRestore()
  }
})

test('a query that fails is reported and ends no wait', async ({ api }) => {
  const reported: unknown[] = []
  const waiting = createWaiting(api.pool, { onError: (err) => reported.push(err), everyMs: 10 })
  const wait = waiting.waitForEvents('no UUID', never, { ms: 100_000 }).then(() => reported.push('ended'))
  await until(() => reported.length >= 2)
  waiting.close()
  await wait
  expect(reported.at(0)).toMatchObject({ code: '22P02' })
  expect(reported.filter((each) => each === 'ended')).toHaveLength(1)
})
