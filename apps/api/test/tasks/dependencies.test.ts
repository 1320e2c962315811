import { randomUUID } from 'node:crypto'
import { expectInvariants } from '@goals-tasks/db/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
let bob: Client
let eve: Client
let root: Client
beforeAll(async () => {
  api = await startTestApp()
  ada = await api.as()
  bob = await api.as()
  eve = await api.as()
  root = await api.as(randomUUID(), 'admin')
})
afterEach(() => expectInvariants(api.pool))
afterAll(() => api.close())

const edge = (id: string, blockerId: string) => `/v1/tasks/${id}/dependencies/${blockerId}`
const read = async (id: string, as = ada) => (await as.get(`/v1/tasks/${id}`)).body
const textOf = async (id: string) => (await ada.get(`/v1/tasks/${id}?includeDeleted=true`)).text
const eventCount = async (id: string) =>
  (await api.pool.query('select from events where aggregate_id = $1', [id])).rowCount
const any = { 'if-match': '*' }

/** A goal with that many tasks. */
async function tasks(count: number, as = ada): Promise<[{ id: string }, { id: string }, ...{ id: string }[]]> {
  const goal = await as.goal()
  const made = await Promise.all(Array.from({ length: count }, () => as.task(goal.id)))
  return made as Awaited<ReturnType<typeof tasks>>
}

test('an edge is a change of the task that waits, and none of the one that is waited for', async () => {
  const [a, b] = await tasks(2)
  const blocker = await textOf(b.id)
  const added = await ada.put(edge(a.id, b.id))
  expect(added).toMatchObject({
    status: 200,
    headers: { etag: '"2"' },
    body: { version: 2, dependencies: [b.id], status: 'BLOCKED', blockKind: 'DEPENDENCY', blockedFrom: 'TODO' },
  })
  expect(await ada.put(edge(a.id, b.id))).toMatchObject({ status: 200, body: { version: 2 } })
  expect(await ada.put(edge(a.id.toUpperCase(), b.id.toUpperCase()))).toMatchObject({ body: { version: 2 } })
  const removed = await ada.delete(edge(a.id, b.id.toUpperCase()))
  expect(removed).toMatchObject({ status: 200, body: { version: 3, dependencies: [], status: 'TODO' } })
  expect(await ada.delete(edge(a.id, b.id))).toMatchObject({ status: 200, body: { version: 3 } })
  expect(await ada.delete(edge(a.id, randomUUID()))).toMatchObject({ status: 200, body: { version: 3 } })
  expect(await textOf(b.id)).toBe(blocker)
  expect(await eventCount(b.id)).toBe(1)
  expect(await eventCount(a.id)).toBe(3)
})

test('no way of adding or removing an edge touches what is waited for, to the byte', async () => {
  const [a, b, c] = await tasks(3)
  const goal = await ada.goal()
  const before = await Promise.all([b.id, String(c?.id)].map(textOf))
  const both = [b.id, String(c?.id)]
  const made = await ada.task(goal.id, { dependencies: both })
  await ada.patch(`/v1/tasks/${a.id}`, { dependencies: both }, any)
  await ada.patch(`/v1/tasks/${a.id}`, { dependencies: [both[1]] }, any)
  await ada.delete(edge(made.id, b.id))
  await ada.delete(`/v1/tasks/${a.id}`)
  await ada.post(`/v1/tasks/${a.id}/restore`)
  expect(await Promise.all([b.id, String(c?.id)].map(textOf))).toEqual(before)
})

test('a precondition of an edge is honoured when sent, and needed by none', async () => {
  const [a, b] = await tasks(2)
  expect((await ada.put(edge(a.id, b.id), undefined, { 'if-match': '"7"' })).status).toBe(412)
  expect((await ada.put(edge(a.id, b.id), undefined, { 'if-match': '"1"' })).status).toBe(200)
  // Already so: nothing is compared.
  expect((await ada.put(edge(a.id, b.id), undefined, { 'if-match': '"1"' })).status).toBe(200)
  expect((await ada.delete(edge(a.id, b.id), { 'if-match': '"1"' })).status).toBe(412)
  expect((await ada.delete(edge(a.id, b.id), { 'if-match': '"2"' })).status).toBe(200)
})

test('dependencies are a set: another order or spelling of the same ones is no change', async () => {
  const goal = await ada.goal()
  const [b, c] = await tasks(2)
  const a = await ada.task(goal.id, { dependencies: [b.id, c?.id, b.id.toUpperCase()] })
  expect(a).toMatchObject({ dependencies: [b.id, c.id], status: 'BLOCKED', version: 1 })
  for (const dependencies of [
    [c.id, b.id],
    [b.id, b.id, c.id],
    [c.id.toUpperCase(), b.id],
  ])
    expect(await ada.patch(`/v1/tasks/${a.id}`, { dependencies }, { 'if-match': '"9"' })).toMatchObject({
      status: 200,
      body: { version: 1, dependencies: [b.id, c.id] },
    })
  const d = await ada.task(goal.id)
  const patched = await ada.patch(`/v1/tasks/${a.id}`, { dependencies: [d.id, c.id], title: 'New' }, any)
  expect(patched.body).toMatchObject({ version: 2, title: 'New', dependencies: [d.id, c.id] })
  expect((await ada.patch(`/v1/tasks/${a.id}`, { dependencies: [] }, any)).body).toMatchObject({
    version: 3,
    dependencies: [],
    status: 'TODO',
  })
  expect((await ada.patch(`/v1/tasks/${a.id}`, { dependencies: null }, any)).status).toBe(422)
})

test('a task cannot wait for itself', async () => {
  const [a, b] = await tasks(2)
  const self = (pointer: string) => ({ status: 422, body: { code: 'invalid-body', errors: [{ pointer }] } })
  expect(await ada.put(edge(a.id, a.id))).toMatchObject({ status: 422, body: { code: 'invalid-body' } })
  expect(await ada.patch(`/v1/tasks/${a.id}`, { dependencies: [b.id, b.id, a.id] }, any)).toMatchObject(
    self('/dependencies/2'),
  )
  expect((await read(a.id)).version).toBe(1)
})

test('what cannot be waited for is not found by PUT and named by its place in a body', async () => {
  const [a, b] = await tasks(2)
  const [foreign] = await tasks(2, bob)
  for (const id of [foreign.id, randomUUID()]) {
    expect((await ada.put(edge(a.id, id))).status).toBe(404)
    const dependencies = [b.id, b.id.toUpperCase(), id]
    const refused = { status: 422, body: { code: 'invalid-body', errors: [{ pointer: '/dependencies/2' }] } }
    expect(await ada.patch(`/v1/tasks/${a.id}`, { dependencies }, any)).toMatchObject(refused)
    expect(await ada.post(`/v1/goals/${(await read(a.id)).goalId}/tasks`, { title: 'x', dependencies })).toMatchObject(
      refused,
    )
  }
  expect(await read(a.id)).toMatchObject({ version: 1, dependencies: [] })
  expect(await read(foreign.id, bob)).toMatchObject({ version: 1 })
})

test('a deleted task cannot be waited for, but whoever waits already may say so again', async () => {
  const [a, b, c] = await tasks(3)
  await ada.put(edge(a.id, b.id))
  await ada.delete(`/v1/tasks/${b.id}`)
  expect(await ada.put(edge(String(c?.id), b.id))).toMatchObject({ status: 409, body: { code: 'deleted' } })
  expect(await ada.patch(`/v1/tasks/${c?.id}`, { dependencies: [b.id] }, any)).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/dependencies/0' }] },
  })
  expect(await ada.put(edge(a.id, b.id))).toMatchObject({ status: 200, body: { version: 3, dependencies: [b.id] } })
  expect(await ada.patch(`/v1/tasks/${a.id}`, { dependencies: [String(c?.id), b.id] }, any)).toMatchObject({
    status: 200,
    body: { dependencies: [c?.id, b.id] },
  })
  // Not even the edge to a deleted task is beyond removal.
  expect((await ada.delete(edge(a.id, b.id))).body).toMatchObject({ dependencies: [c?.id] })
})

test('edges of a deleted task are not to be changed', async () => {
  const [a, b, c] = await tasks(3)
  await ada.put(edge(a.id, b.id))
  await ada.delete(`/v1/tasks/${a.id}`)
  expect((await ada.put(edge(a.id, String(c?.id)))).body.code).toBe('deleted')
  expect((await ada.delete(edge(a.id, b.id))).body.code).toBe('deleted')
})

test('a task waits for at most a hundred others', async () => {
  const [a, extra, ...rest] = await tasks(103)
  const blockers = rest.slice(0, 100).map((task) => task.id)
  const last = String(rest[100]?.id)
  expect(await ada.patch(`/v1/tasks/${a.id}`, { dependencies: blockers }, any)).toMatchObject({ status: 200 })
  expect(await ada.put(edge(a.id, last))).toMatchObject({ status: 409, body: { code: 'too-many-dependencies' } })
  expect((await ada.patch(`/v1/tasks/${a.id}`, { dependencies: [...blockers, last] }, any)).status).toBe(422)
  const { goalId } = await read(a.id)
  const create = (dependencies: string[]) => ada.post(`/v1/goals/${goalId}/tasks`, { title: 'x', dependencies })
  expect((await create([...blockers, last])).status).toBe(422)
  expect((await create(blockers)).status).toBe(201)
  // Those that wait for one may be more.
  expect((await ada.put(edge(extra.id, blockers[0] ?? ''))).status).toBe(200)
})

test('an edge may cross goals and owners: it takes writing the one and reading the other', async () => {
  const adas = await ada.goal()
  const bobs = await bob.goal()
  const mine = await ada.task(adas.id)
  const shared = await bob.task(bobs.id, { assignedTo: ada.id })
  expect(await ada.put(edge(mine.id, shared.id))).toMatchObject({ status: 200, body: { status: 'BLOCKED' } })
  // An assignee may read it, and work on it, but does not decide what it waits for.
  expect((await ada.put(edge(shared.id, mine.id))).status).toBe(403)
  expect((await ada.patch(`/v1/tasks/${shared.id}`, { dependencies: [mine.id] }, any)).status).toBe(403)
  expect((await eve.put(edge(mine.id, shared.id))).status).toBe(404)
  expect((await root.put(edge(shared.id, mine.id))).body).toMatchObject({
    code: 'dependency-cycle',
    cycle: [shared.id, mine.id, shared.id],
  })
  // Who cannot see it any more still waits for it, and may stop to.
  await bob.patch(`/v1/tasks/${shared.id}`, { assignedTo: null }, any)
  expect(await read(mine.id)).toMatchObject({ status: 'BLOCKED', dependencies: [shared.id] })
  expect((await ada.patch(`/v1/tasks/${mine.id}`, { title: 'New' }, any)).status).toBe(200)
  await bob.post(`/v1/tasks/${shared.id}/complete`)
  expect(await read(mine.id)).toMatchObject({ status: 'TODO' })
  expect((await ada.delete(edge(mine.id, shared.id))).body).toMatchObject({ dependencies: [] })
})

test('a cycle is refused and shown, whatever its length and the request that would close it', async () => {
  const [a, b, ...rest] = await tasks(6)
  const [c, d, e, f] = rest.map((task) => task.id) as [string, string, string, string]
  for (const [task, blocker] of [
    [a.id, b.id],
    [b.id, c],
    [c, d],
    [d, e],
    [b.id, f],
    [f, d],
  ] as const)
    expect((await ada.put(edge(task, blocker))).status).toBe(200)
  expect(await ada.put(edge(b.id, a.id))).toMatchObject({
    status: 409,
    body: { code: 'dependency-cycle', cycle: [b.id, a.id, b.id] },
  })
  expect((await ada.put(edge(e, d))).body.cycle).toEqual([e, d, e])
  expect((await ada.patch(`/v1/tasks/${d}`, { dependencies: [e, a.id] }, any)).body.cycle).toHaveLength(5)
  expect((await ada.put(edge(e, a.id))).body.cycle).toMatchObject([e, a.id, b.id, expect.anything(), d, e])
  expect((await read(e)).version).toBe(1)
  // A closed task is waited for as much as an open one: it may be reopened.
  await ada.post(`/v1/tasks/${e}/complete`)
  await ada.post(`/v1/tasks/${d}/cancel`)
  expect((await ada.put(edge(e, b.id))).body.cycle).toHaveLength(5)
})

test('one patch may turn an edge around only where that closes no cycle', async () => {
  const [a, b, c] = await tasks(3)
  await ada.put(edge(a.id, b.id))
  await ada.put(edge(b.id, String(c?.id)))
  expect((await ada.patch(`/v1/tasks/${b.id}`, { dependencies: [a.id] }, any)).body.code).toBe('dependency-cycle')
  await ada.delete(edge(a.id, b.id))
  expect((await ada.patch(`/v1/tasks/${b.id}`, { dependencies: [a.id] }, any)).status).toBe(200)
})

test('a task may not be made to wait for what it may not be put beside: no goal, no edge', async () => {
  const [b] = await tasks(2)
  const body = { title: 'x', dependencies: [randomUUID(), b.id] }
  expect((await ada.post(`/v1/goals/${randomUUID()}/tasks`, body)).status).toBe(404)
  const bobs = await bob.goal()
  expect((await ada.post(`/v1/goals/${bobs.id}/tasks`, body)).status).toBe(404)
  const closed = await ada.goal()
  await ada.post(`/v1/goals/${closed.id}/complete`)
  expect((await ada.post(`/v1/goals/${closed.id}/tasks`, { title: 'x', dependencies: [b.id] })).body).toMatchObject({
    code: 'goal-closed',
  })
})
