import { randomUUID } from 'node:crypto'
import { expectInvariants } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { test } from '../support/test.ts'

test.afterEach(({ api }) => expectInvariants(api.pool))

const readTask = async (client: Client, taskId: string) => (await client.get(`/v1/tasks/${taskId}`)).body
const textOf = async (client: Client, taskId: string) =>
  (await client.get(`/v1/tasks/${taskId}?includeDeleted=true`)).text

/** Creates a goal with that many tasks, at least two. Returns the tasks. */
async function createTasks(client: Client, count: number) {
  const goal = await client.createGoal()
  const [first, second, ...others] = Array.from({ length: count }, () => client.createTask(goal.id))
  if (!first || !second) throw new Error('fewer than two tasks')
  return Promise.all([first, second, ...others])
}

test('adding and removing a dependency changes the dependent task and never its blocker', async ({ api, ada }) => {
  const [a, b] = await createTasks(ada, 2)
  const blocker = await textOf(ada, b.id)
  const added = await ada.addDependency(a.id, b.id)
  expect(added).toMatchObject({
    status: 200,
    headers: { etag: '"2"' },
    body: { version: 2, dependencies: [b.id], status: 'BLOCKED', blockKind: 'DEPENDENCY', blockedFrom: 'TODO' },
  })
  expect(await ada.addDependency(a.id, b.id)).toMatchObject({ status: 200, body: { version: 2 } })
  expect(await ada.addDependency(a.id.toUpperCase(), b.id.toUpperCase())).toMatchObject({ body: { version: 2 } })
  const removed = await ada.removeDependency(a.id, b.id.toUpperCase())
  expect(removed).toMatchObject({ status: 200, body: { version: 3, dependencies: [], status: 'TODO' } })
  expect(await ada.removeDependency(a.id, b.id)).toMatchObject({ status: 200, body: { version: 3 } })
  expect(await ada.removeDependency(a.id, randomUUID())).toMatchObject({ status: 200, body: { version: 3 } })
  expect(await textOf(ada, b.id)).toBe(blocker)
  expect(await api.eventsOf(b.id)).toHaveLength(1)
  expect(await api.eventsOf(a.id)).toHaveLength(3)
})

test('a blocker stays the same to the byte when dependencies on it are added and removed', async ({ ada }) => {
  const [a, b, c] = await createTasks(ada, 3)
  const goal = await ada.createGoal()
  const before = await Promise.all([b.id, String(c?.id)].map((id) => textOf(ada, id)))
  const both = [b.id, String(c?.id)]
  const made = await ada.createTask(goal.id, { dependencies: both })
  await ada.patchTask(a.id, { dependencies: both })
  await ada.patchTask(a.id, { dependencies: [both[1]] })
  await ada.removeDependency(made.id, b.id)
  await ada.delete(`/v1/tasks/${a.id}`)
  await ada.actOnTask(a.id, 'restore')
  expect(await Promise.all([b.id, String(c?.id)].map((id) => textOf(ada, id)))).toEqual(before)
})

test('a dependency honours If-Match when it is sent, and needs none', async ({ ada }) => {
  const [a, b] = await createTasks(ada, 2)
  expect((await ada.addDependency(a.id, b.id, { 'if-match': '"7"' })).status).toBe(412)
  expect((await ada.addDependency(a.id, b.id, { 'if-match': '"1"' })).status).toBe(200)
  // The dependency exists already: nothing is compared.
  expect((await ada.addDependency(a.id, b.id, { 'if-match': '"1"' })).status).toBe(200)
  expect((await ada.removeDependency(a.id, b.id, { 'if-match': '"1"' })).status).toBe(412)
  expect((await ada.removeDependency(a.id, b.id, { 'if-match': '"2"' })).status).toBe(200)
})

test('dependencies are a set: another order or spelling changes nothing', async ({ ada }) => {
  const goal = await ada.createGoal()
  const [b, c] = await createTasks(ada, 2)
  const a = await ada.createTask(goal.id, { dependencies: [b.id, c?.id, b.id.toUpperCase()] })
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
  const d = await ada.createTask(goal.id)
  const patched = await ada.patchTask(a.id, { dependencies: [d.id, c.id], title: 'New' })
  expect(patched.body).toMatchObject({ version: 2, title: 'New', dependencies: [d.id, c.id] })
  expect((await ada.patchTask(a.id, { dependencies: [] })).body).toMatchObject({
    version: 3,
    dependencies: [],
    status: 'TODO',
  })
  expect((await ada.patchTask(a.id, { dependencies: null })).status).toBe(422)
})

test('a task cannot depend on itself', async ({ ada }) => {
  const [a, b] = await createTasks(ada, 2)
  const self = (pointer: string) => ({ status: 422, body: { code: 'invalid-body', errors: [{ pointer }] } })
  expect(await ada.addDependency(a.id, a.id)).toMatchObject({ status: 422, body: { code: 'invalid-body' } })
  expect(await ada.patchTask(a.id, { dependencies: [b.id, b.id, a.id] })).toMatchObject(self('/dependencies/2'))
  expect((await readTask(ada, a.id)).version).toBe(1)
})

test('an unreadable blocker gets 404 from PUT and an error pointer in a body', async ({ ada, bob }) => {
  const [a, b] = await createTasks(ada, 2)
  const [foreign] = await createTasks(bob, 2)
  for (const id of [foreign.id, randomUUID()]) {
    expect((await ada.addDependency(a.id, id)).status).toBe(404)
    const dependencies = [b.id, b.id.toUpperCase(), id]
    const refused = { status: 422, body: { code: 'invalid-body', errors: [{ pointer: '/dependencies/2' }] } }
    expect(await ada.patchTask(a.id, { dependencies })).toMatchObject(refused)
    expect(
      await ada.post(`/v1/goals/${(await readTask(ada, a.id)).goalId}/tasks`, { title: 'x', dependencies }),
    ).toMatchObject(refused)
  }
  expect(await readTask(ada, a.id)).toMatchObject({ version: 1, dependencies: [] })
  expect(await readTask(bob, foreign.id)).toMatchObject({ version: 1 })
})

test('a deleted task cannot become a blocker, but an existing dependency on it may be sent again', async ({ ada }) => {
  const [a, b, c] = await createTasks(ada, 3)
  await ada.addDependency(a.id, b.id)
  await ada.delete(`/v1/tasks/${b.id}`)
  expect(await ada.addDependency(String(c?.id), b.id)).toMatchObject({ status: 409, body: { code: 'deleted' } })
  expect(await ada.patchTask(String(c?.id), { dependencies: [b.id] })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/dependencies/0' }] },
  })
  expect(await ada.addDependency(a.id, b.id)).toMatchObject({ status: 200, body: { version: 3, dependencies: [b.id] } })
  expect(await ada.patchTask(a.id, { dependencies: [String(c?.id), b.id] })).toMatchObject({
    status: 200,
    body: { dependencies: [c?.id, b.id] },
  })
  // A dependency on a deleted task can be removed.
  expect((await ada.removeDependency(a.id, b.id)).body).toMatchObject({ dependencies: [c?.id] })
})

test('the dependencies of a deleted task cannot be changed', async ({ ada }) => {
  const [a, b, c] = await createTasks(ada, 3)
  await ada.addDependency(a.id, b.id)
  await ada.delete(`/v1/tasks/${a.id}`)
  expect((await ada.addDependency(a.id, String(c?.id))).body.code).toBe('deleted')
  expect((await ada.removeDependency(a.id, b.id)).body.code).toBe('deleted')
})

test('a task depends on at most a hundred others', async ({ ada }) => {
  const [a, extra, ...rest] = await createTasks(ada, 103)
  const blockers = rest.slice(0, 100).map((task) => task.id)
  const last = String(rest[100]?.id)
  expect(await ada.patchTask(a.id, { dependencies: blockers })).toMatchObject({ status: 200 })
  expect(await ada.addDependency(a.id, last)).toMatchObject({ status: 409, body: { code: 'too-many-dependencies' } })
  expect((await ada.patchTask(a.id, { dependencies: [...blockers, last] })).status).toBe(422)
  const { goalId } = await readTask(ada, a.id)
  const create = (dependencies: string[]) => ada.post(`/v1/goals/${goalId}/tasks`, { title: 'x', dependencies })
  expect((await create([...blockers, last])).status).toBe(422)
  expect((await create(blockers)).status).toBe(201)
  // The number of tasks that depend on one blocker has no such limit.
  expect((await ada.addDependency(extra.id, blockers[0] ?? '')).status).toBe(200)
})

test('a dependency needs a writable task and a readable blocker across owners', async ({ ada, bob, eve, admin }) => {
  const adas = await ada.createGoal()
  const bobs = await bob.createGoal()
  const mine = await ada.createTask(adas.id)
  const shared = await bob.createTask(bobs.id, { assignedTo: ada.id })
  expect(await ada.addDependency(mine.id, shared.id)).toMatchObject({ status: 200, body: { status: 'BLOCKED' } })
  // An assignee reads the task and works on it, but cannot change its dependencies.
  expect((await ada.addDependency(shared.id, mine.id)).status).toBe(403)
  expect((await ada.patchTask(shared.id, { dependencies: [mine.id] })).status).toBe(403)
  expect((await eve.addDependency(mine.id, shared.id)).status).toBe(404)
  expect((await admin.addDependency(shared.id, mine.id)).body).toMatchObject({
    code: 'dependency-cycle',
    cycle: [shared.id, mine.id, shared.id],
  })
  // The dependency stays when its blocker becomes invisible, and it can be removed.
  await bob.patchTask(shared.id, { assignedTo: null })
  expect(await readTask(ada, mine.id)).toMatchObject({ status: 'BLOCKED', dependencies: [shared.id] })
  expect((await ada.patchTask(mine.id, { title: 'New' })).status).toBe(200)
  await bob.actOnTask(shared.id, 'complete')
  expect(await readTask(ada, mine.id)).toMatchObject({ status: 'TODO' })
  expect((await ada.removeDependency(mine.id, shared.id)).body).toMatchObject({ dependencies: [] })
})

test('a cycle of any length is refused and shown, by every kind of request', async ({ ada }) => {
  const [a, b, ...rest] = await createTasks(ada, 6)
  const [c, d, e, f] = rest.map((task) => task.id) as [string, string, string, string]
  for (const [task, blocker] of [
    [a.id, b.id],
    [b.id, c],
    [c, d],
    [d, e],
    [b.id, f],
    [f, d],
  ] as const)
    expect((await ada.addDependency(task, blocker)).status).toBe(200)
  expect(await ada.addDependency(b.id, a.id)).toMatchObject({
    status: 409,
    body: { code: 'dependency-cycle', cycle: [b.id, a.id, b.id] },
  })
  expect((await ada.addDependency(e, d)).body.cycle).toEqual([e, d, e])
  expect((await ada.patchTask(d, { dependencies: [e, a.id] })).body.cycle).toHaveLength(5)
  expect((await ada.addDependency(e, a.id)).body.cycle).toMatchObject([e, a.id, b.id, expect.anything(), d, e])
  expect((await readTask(ada, e)).version).toBe(1)
  // A closed blocker counts too: it may be reopened.
  await ada.actOnTask(e, 'complete')
  await ada.actOnTask(d, 'cancel')
  expect((await ada.addDependency(e, b.id)).body.cycle).toHaveLength(5)
})

test('one patch reverses a dependency only when that closes no cycle', async ({ ada }) => {
  const [a, b, c] = await createTasks(ada, 3)
  await ada.addDependency(a.id, b.id)
  await ada.addDependency(b.id, String(c?.id))
  expect((await ada.patchTask(b.id, { dependencies: [a.id] })).body.code).toBe('dependency-cycle')
  await ada.removeDependency(a.id, b.id)
  expect((await ada.patchTask(b.id, { dependencies: [a.id] })).status).toBe(200)
})

test('a new task with dependencies is refused when its goal is missing, foreign or closed', async ({ ada, bob }) => {
  const [b] = await createTasks(ada, 2)
  const body = { title: 'x', dependencies: [randomUUID(), b.id] }
  expect((await ada.post(`/v1/goals/${randomUUID()}/tasks`, body)).status).toBe(404)
  const bobs = await bob.createGoal()
  expect((await ada.post(`/v1/goals/${bobs.id}/tasks`, body)).status).toBe(404)
  const closed = await ada.createGoal()
  await ada.actOnGoal(closed.id, 'complete')
  expect((await ada.post(`/v1/goals/${closed.id}/tasks`, { title: 'x', dependencies: [b.id] })).body).toMatchObject({
    code: 'goal-closed',
  })
})
