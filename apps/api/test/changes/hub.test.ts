import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect, vi } from 'vitest'
import { createHub } from '../../src/features/changes/hub.ts'
import type { Place } from '../../src/features/changes/waiters.ts'
import { test } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'

test.override({ apiOptions: { hints: false } })

const raise = (err: unknown): never => {
  throw err
}

/** Every transaction is visible in it. */
const never = (): Place => ({ cursor: { epoch: 1, from: { snapshot: '9000000000:9000000000:', takenAtMs: 0 } } })
const long = { ms: 100_000 }

type Hub = ReturnType<typeof createHub>
type Pool = TestApp['pool']

function admit(hub: Hub, readerId: string) {
  const listener = hub.admit(readerId)
  if (typeof listener === 'string') throw new Error(`refused: ${listener}`)
  return listener
}

/** Returns the pool with a count of its queries. */
function countQueries(pool: Pool) {
  const counted = { count: 0 }
  const query = (...given: Parameters<Pool['query']>) => {
    counted.count++
    return pool.query(...given)
  }
  return Object.assign(counted, { db: { query } as unknown as Pool })
}

type Page = { data: { entityId: string }[]; page: { nextCursor: string } }

test('a waiting request is answered with the change of another user when no hint arrives', async ({ api }) => {
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
  const hub = createHub(api.pool, { onError: raise })
  const listener = admit(hub, ada.id)
  const wait = listener.wait(never(), long)
  await hub.close()
  await wait
  await listener.wait(never(), long)
})

test('one query at a time looks for all waiting readers, and none runs when no reader waits', async ({ api }) => {
  const [queries, others] = [countQueries(api.pool), countQueries(api.pool)]
  const hub = createHub(queries.db, { onError: raise, withoutHintsMs: 10, perReader: 1, total: 3 })
  const reader = randomUUID()
  const listeners = [reader, randomUUID()].map((id) => admit(hub, id))
  expect(hub.admit(reader)).toBe('per-reader')
  listeners.push(admit(hub, randomUUID()))
  expect(hub.admit(randomUUID())).toBe('total')
  const waits = listeners.map((listener) => listener.wait(never(), long))
  await until(() => queries.count >= 3)
  for (const listener of listeners) listener.close()
  await Promise.all(waits)
  admit(hub, reader).close()
  const atEnd = queries.count
  // Another hub, whose reader waits, looks several times meanwhile.
  const other = createHub(others.db, { onError: raise, withoutHintsMs: 10 })
  const wait = admit(other, reader).wait(never(), long)
  await until(() => others.count >= 5)
  expect(queries.count).toBeLessThanOrEqual(atEnd + 1)
  await Promise.all([hub.close(), other.close(), wait])
})

test('the cursor of an idle connection moves to the present, and a cursor of another epoch ends its wait', async ({
  api,
}) => {
  const hub = createHub(api.pool, { onError: raise, withoutHintsMs: 10 })
  const old = { epoch: 1, from: { snapshot: '1:1:', takenAtMs: 1 } }
  const idle = { cursor: old }
  const wait = admit(hub, randomUUID()).wait(idle, long)
  await until(() => idle.cursor.from.takenAtMs > Date.now() - 60_000)
  const expired = { ...old, epoch: 0 }
  const other = { cursor: expired }
  await admit(hub, randomUUID()).wait(other, long)
  expect(other.cursor).toBe(expired)
  await hub.close()
  await wait
})

test('a stream is looked for when requests arrive all the time', async ({ api }) => {
  const hub = createHub(api.pool, { onError: raise, withoutHintsMs: 300 })
  const stream = { cursor: { epoch: 1, from: { snapshot: '1:1:', takenAtMs: 1 } } }
  const wait = admit(hub, randomUUID()).wait(stream, long)
  await until(async () => {
    const request = admit(hub, randomUUID())
    await request.wait(never(), { ms: 1, isUnread: true })
    request.close()
    return stream.cursor.from.takenAtMs > 1
  })
  await hub.close()
  await wait
})

test('a wait ends when its client hangs up, and its place is free', async ({ api }) => {
  const hub = createHub(api.pool, { onError: raise, total: 1 })
  const client = new AbortController()
  const first = admit(hub, randomUUID())
  const wait = first.wait(never(), { ...long, signal: client.signal })
  client.abort()
  await wait
  await first.wait(never(), { ...long, signal: client.signal })
  expect(hub.admit(randomUUID())).toBe('total')
  first.close()
  first.close()
  admit(hub, randomUUID())
  expect(hub.admit(randomUUID())).toBe('total')
  await hub.close()
})

test('no query looks for the reader of a request whose client hung up', async ({ api }) => {
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const queries = vi.spyOn(api.pool, 'query')
  const isSoughtFor = (id: string) => {
    const last = queries.mock.calls.map((call) => JSON.stringify(call)).findLast((call) => call.includes('feed_look'))
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
  const hub = createHub(api.pool, { onError: (err) => reported.push(err), withoutHintsMs: 10 })
  const wait = admit(hub, 'no UUID')
    .wait(never(), long)
    .then(() => reported.push('ended'))
  await until(() => reported.length >= 2)
  await hub.close()
  await wait
  expect(reported.at(0)).toMatchObject({ code: '22P02' })
  expect(reported.filter((each) => each === 'ended')).toHaveLength(1)
})
