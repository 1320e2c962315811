import { randomUUID } from 'node:crypto'
import { expectInvariants } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { test as base } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'
import { openBarriers } from './barriers.ts'

// Locks of other connections hold the requests up between their reads and their writes: they meet at the worst moment.
const test = base.extend('barriers', async ({ api }, { onCleanup }) => {
  const barriers = openBarriers(api.database)
  onCleanup(barriers.close)
  return barriers
})

type Task = { id: string; goalId: string }
type SixTasks = [Task, Task, Task, Task, Task, Task]

/** Returns a client of a new administrator. A fence bounds the transactions of one user, so that one would not do. */
const newAdmin = (api: TestApp) => api.as(randomUUID(), 'admin')

const add = (client: Client, from: Task, to: Task) => client.addDependency(from.id, to.id)

/** Makes each task depend on the next one. */
async function createChain(client: Client, ...tasks: Task[]) {
  for (const [i, to] of tasks.slice(1).entries()) expect((await add(client, tasks[i] as Task, to)).status).toBe(200)
}

/** Creates a task of each client, in a goal of its own. */
const createTasks = (clients: readonly Client[]) =>
  Promise.all(
    clients.map(async (client) => {
      const goal = await client.createGoal()
      return { id: (await client.createTask(goal.id)).id, goalId: goal.id }
    }),
  )

const statusesOf = async (answers: readonly Promise<{ status: number }>[]) =>
  (await Promise.all(answers)).map((answer) => answer.status).toSorted()

test('two restored tasks close no cycle over tasks of unrelated owners', async ({ api, admin, barriers }) => {
  const owners = await Promise.all(Array.from({ length: 6 }, () => api.as()))
  const [r, a, b, s, c, d] = (await createTasks(owners)) as SixTasks
  await createChain(admin, d, r, a, b)
  await admin.delete(`/v1/tasks/${r.id}`)
  await createChain(admin, b, s, c, d)
  await admin.delete(`/v1/tasks/${s.id}`)
  const release = await barriers.holdWrites()
  const restored = [r, s].map((task) => admin.actOnTask(task.id, 'restore'))
  await barriers.untilWaiting(2)
  await release()
  expect(await statusesOf(restored)).toEqual([200, 200])
  await expectInvariants(api.pool)
  const dependencies = await Promise.all(
    [r, s].map(async ({ id }) => (await admin.get(`/v1/tasks/${id}`)).body.dependencies),
  )
  expect(dependencies.flat()).toHaveLength(1)
})

/**
 * Creates a chain from B to D and one from E to A. Dependencies of A on B and of D on E would close a ring, and lock no
 * task in common.
 */
async function createHalfClosedRing(admin: Client, owner: Client) {
  const tasks = await createTasks(Array.from({ length: 6 }, () => owner))
  const [b, a, c, d, e, f] = tasks.toSorted((x, y) => (x.id < y.id ? -1 : 1)) as SixTasks
  await createChain(admin, b, c, d)
  await createChain(admin, e, f, a)
  return { a, b, d, e, f }
}

test('two dependencies close no cycle when their tasks move meanwhile', async ({ api, ada, bob, admin, barriers }) => {
  const { a, b, d, e, f } = await createHalfClosedRing(admin, ada)
  const into = await bob.createGoal()
  // B is the first task that the request locks, so that it holds no lock while it waits.
  const releaseRow = await barriers.holdTask(b.id)
  const first = add(admin, a, b)
  await barriers.untilWaiting(1)
  const moved = Promise.all(
    [a, d, e, f].map(async (task) => (await newAdmin(api)).patchTask(task.id, { goalId: into.id })),
  )
  await Promise.race([moved, barriers.untilWaiting(5)])
  const before = await barriers.countWaiting()
  const releaseWrites = await barriers.holdWrites()
  const second = add(await newAdmin(api), d, e)
  await barriers.untilWaiting(before + 1)
  await releaseRow()
  await barriers.untilRowsAreFree()
  await releaseWrites()
  expect(await statusesOf([first, second])).toEqual([200, 409])
  expect((await moved).map((answer) => answer.status)).toEqual([200, 200, 200, 200])
  await expectInvariants(api.pool)
})

test('a patch closes no cycle when it becomes an addition only under its lock', async ({ ada, admin, barriers }) => {
  const { a, b, d, e } = await createHalfClosedRing(admin, ada)
  const [other] = (await createTasks([ada])) as [Task]
  await createChain(admin, a, b)
  await createChain(admin, a, other)
  const releaseWrites = await barriers.holdWrites()
  // Another writer empties the set, and commits after the patch has read that it only removes a dependency.
  const releaseRow = await barriers.hold(`
    with gone as (delete from task_dependencies where task_id = '${a.id}' returning depends_on_id),
         uncounted as (update tasks set dependents_count = dependents_count - 1
                       where id in (select depends_on_id from gone))
    update tasks set dependencies = '[]', version = version + 1, status = 'TODO', block_kind = null, blocked_from = null
    where id = '${a.id}'`)
  const patched = ada.patchTask(a.id, { dependencies: [b.id] })
  await barriers.untilWaiting(1)
  await releaseRow()
  await barriers.untilRowsAreFree()
  const added = add(admin, d, e)
  await barriers.untilWaiting(2)
  await releaseWrites()
  expect(await statusesOf([patched, added])).toEqual([200, 409])
})
