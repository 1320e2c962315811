import { randomUUID } from 'node:crypto'
import { expectInvariants } from '@goals-tasks/db/testing'
import { until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

// Here the requests meet at exactly the worst moment: others' locks hold them up between what they read and what they write.

let api: Awaited<ReturnType<typeof startTestApp>>
let outside: pg.Pool
let root: Client
beforeAll(async () => {
  api = await startTestApp()
  outside = new pg.Pool({ connectionString: api.database.url })
  root = await api.as(randomUUID(), 'admin')
})
afterEach(async () => {
  for (const release of held) await release()
})
afterAll(async () => {
  await outside.end()
  await api.close()
})

const held = new Set<() => Promise<void>>()

/** Takes a lock. @returns what lets it go */
async function hold(statement: string) {
  const client = await outside.connect()
  await client.query('begin')
  await client.query(statement)
  const release = async () => {
    if (!held.delete(release)) return
    await client.query('commit')
    client.release()
  }
  held.add(release)
  return release
}

const holdRow = (id: string) => hold(`select from tasks where id = '${id}' for update`)
/** Whoever has decided and is about to write is held up: nobody sees what the other writes. */
const holdWrites = () => hold('lock table deliveries in share mode')

const waiting = async (kinds: readonly string[]) =>
  (
    await outside.query(
      `select count(*)::int as n from pg_locks join pg_stat_activity using (pid)
       where not granted and datname = current_database() and locktype = any($1)`,
      [kinds],
    )
  ).rows[0].n as number
const rows = ['tuple', 'transactionid']
const waiters = () => waiting([...rows, 'relation', 'advisory'])
const heldUp = (count: number) => until(async () => (await waiters()) >= count)
const rowsAreFree = () => until(async () => (await waiting(rows)) === 0)

type Task = { id: string; goalId: string }
const edge = (from: Task, to: Task) => `/v1/tasks/${from.id}/dependencies/${to.id}`
const add = (from: Task, to: Task) => root.put(edge(from, to))
const chain = async (...tasks: Task[]) => {
  for (const [i, to] of tasks.slice(1).entries()) expect((await add(tasks[i] as Task, to)).status).toBe(200)
}

/** A task of each of these. */
const tasksOf = (owners: readonly Client[]) =>
  Promise.all(
    owners.map(async (owner) => {
      const goal = await owner.goal()
      return { id: (await owner.task(goal.id)).id, goalId: goal.id }
    }),
  )
const strangers = (count: number) => Promise.all(Array.from({ length: count }, () => api.as()))

/** @returns how many closed the cycle: all but one may */
const statuses = async (answers: readonly Promise<{ status: number }>[]) =>
  (await Promise.all(answers)).map((answer) => answer.status).toSorted()

test('two tasks that come back at once close no cycle over the tasks of people who share nothing', async () => {
  const [r, a, b, s, c, d] = (await tasksOf(await strangers(6))) as [Task, Task, Task, Task, Task, Task]
  await chain(d, r, a, b)
  await root.delete(`/v1/tasks/${r.id}`)
  await chain(b, s, c, d)
  await root.delete(`/v1/tasks/${s.id}`)
  const release = await holdWrites()
  const restored = [r, s].map((task) => root.post(`/v1/tasks/${task.id}/restore`))
  await heldUp(2)
  await release()
  expect(await statuses(restored)).toEqual([200, 200])
  await expectInvariants(api.pool)
  const edges = await Promise.all([r, s].map(async ({ id }) => (await root.get(`/v1/tasks/${id}`)).body.dependencies))
  expect(edges.flat()).toHaveLength(1)
})

/** Six tasks of which A waits for B, and D for E, would close a ring: far enough apart that they lock no task in common. */
async function halfRing(owner: Client) {
  const tasks = await tasksOf(Array.from({ length: 6 }, () => owner))
  const [b, a, c, d, e, f] = tasks.toSorted((x, y) => (x.id < y.id ? -1 : 1)) as [Task, Task, Task, Task, Task, Task]
  await chain(b, c, d)
  await chain(e, f, a)
  return { a, b, d, e, f }
}

test('tasks that go to another owner meanwhile let no cycle pass', async () => {
  const [ada, bob] = (await strangers(2)) as [Client, Client]
  const { a, b, d, e, f } = await halfRing(ada)
  const into = await bob.goal()
  // Of the tasks that it locks B is the first, so that it holds none while it waits.
  const releaseRow = await holdRow(b.id)
  const first = add(a, b)
  await heldUp(1)
  const moved = Promise.all(
    [a, d, e, f].map((task) => root.patch(`/v1/tasks/${task.id}`, { goalId: into.id }, { 'if-match': '*' })),
  )
  await Promise.race([moved, heldUp(5)])
  const before = await waiters()
  const releaseWrites = await holdWrites()
  const second = add(d, e)
  await heldUp(before + 1)
  await releaseRow()
  await rowsAreFree()
  await releaseWrites()
  expect(await statuses([first, second])).toEqual([200, 409])
  expect((await moved).map((answer) => answer.status)).toEqual([200, 200, 200, 200])
  await expectInvariants(api.pool)
})

test('what turns into an addition only under the lock closes no cycle either', async () => {
  const [ada] = (await strangers(1)) as [Client]
  const { a, b, d, e } = await halfRing(ada)
  const [other] = (await tasksOf([ada])) as [Task]
  await chain(a, b)
  await chain(a, other)
  const releaseWrites = await holdWrites()
  // Somebody empties the set, and has not committed yet when the patch reads that it only has to remove one.
  const releaseRow = await hold(`
    with gone as (delete from task_dependencies where task_id = '${a.id}' returning depends_on_id),
         uncounted as (update tasks set dependents_count = dependents_count - 1 where id in (select depends_on_id from gone))
    update tasks set dependencies = '[]', version = version + 1, status = 'TODO', block_kind = null, blocked_from = null
    where id = '${a.id}'`)
  const patched = ada.patch(`/v1/tasks/${a.id}`, { dependencies: [b.id] }, { 'if-match': '*' })
  await heldUp(1)
  await releaseRow()
  await rowsAreFree()
  const added = add(d, e)
  await heldUp(2)
  await releaseWrites()
  expect(await statuses([patched, added])).toEqual([200, 409])
})
