import { randomUUID } from 'node:crypto'
import { expectInvariants } from '@goals-tasks/db/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
let bob: Client
let root: Client
beforeAll(async () => {
  api = await startTestApp()
  ada = await api.as()
  bob = await api.as()
  root = await api.as(randomUUID(), 'admin')
})
afterEach(() => expectInvariants(api.pool))
afterAll(() => api.close())

const any = { 'if-match': '*' }
const move = (id: string, goalId: string, by = ada, headers: Record<string, string> = any) =>
  by.patch(`/v1/tasks/${id}`, { goalId }, headers)
const eventsOf = async (id: string) =>
  (
    await api.pool.query(
      `select type, reason, before, after, as_admin, (select array_agg(reader_id) from event_readers where event_id = events.id) as readers
       from events where aggregate_id = $1 order by position`,
      [id],
    )
  ).rows

test('a move is one change of the task and none of the goals', async () => {
  const [from, to] = await Promise.all([ada.goal(), ada.goal()])
  const task = await ada.task(from.id)
  expect((await move(task.id, to.id, ada, {})).status).toBe(428)
  expect((await move(task.id, to.id, ada, { 'if-match': '"9"' })).status).toBe(412)
  expect(await move(task.id, to.id.toUpperCase(), ada, { 'if-match': '"1"' })).toMatchObject({
    status: 200,
    body: { goalId: to.id, version: 2, ownerId: ada.id },
  })
  expect((await move(task.id, to.id)).body.version).toBe(2)
  expect((await eventsOf(task.id)).slice(1)).toMatchObject([
    { type: 'task:updated', before: { goalId: from.id }, after: { goalId: to.id } },
  ])
  expect((await ada.get(`/v1/goals/${from.id}/tasks`)).body.data).toEqual([])
  expect((await ada.get(`/v1/goals/${to.id}/tasks`)).body.data).toMatchObject([{ id: task.id }])
  for (const goal of [from, to]) expect((await ada.get(`/v1/goals/${goal.id}`)).body.version).toBe(1)
})

test('a move may come with other changes, and takes edges and blocks along', async () => {
  const [from, to] = await Promise.all([ada.goal(), ada.goal()])
  const [blocker, task] = await Promise.all([ada.task(from.id), ada.task(from.id)])
  const moved = await ada.patch(
    `/v1/tasks/${task.id}`,
    { goalId: to.id, title: 'New', dependencies: [blocker.id] },
    any,
  )
  expect(moved.body).toMatchObject({ goalId: to.id, title: 'New', status: 'BLOCKED', version: 2 })
  expect((await move(blocker.id, to.id)).body).toMatchObject({ version: 2 })
  expect((await ada.get(`/v1/tasks/${task.id}`)).body).toMatchObject({ version: 2, status: 'BLOCKED' })
  const completed = await ada.patch(`/v1/tasks/${blocker.id}`, { goalId: from.id, status: 'COMPLETED' }, any)
  expect(completed.body).toMatchObject({ goalId: from.id, status: 'COMPLETED' })
  expect((await ada.get(`/v1/tasks/${task.id}`)).body).toMatchObject({ version: 3, status: 'TODO' })
})

test('no task moves into a goal that is closed, deleted, not there or not to be seen; out of a closed one it may', async () => {
  const [from, closed, deleted, held] = await Promise.all([ada.goal(), ada.goal(), ada.goal(), ada.goal()])
  const bobs = await bob.goal()
  await ada.post(`/v1/goals/${closed.id}/complete`)
  await ada.delete(`/v1/goals/${deleted.id}`)
  await ada.post(`/v1/goals/${held.id}/hold`)
  const task = await ada.task(from.id)
  expect((await move(task.id, closed.id)).body).toMatchObject({ status: 409, code: 'goal-closed' })
  expect((await move(task.id, deleted.id)).body).toMatchObject({ status: 409, code: 'goal-deleted' })
  expect((await move(task.id, bobs.id)).status).toBe(404)
  expect((await move(task.id, randomUUID())).status).toBe(404)
  // Seeing its header is not enough.
  await bob.task(bobs.id, { assignedTo: ada.id })
  expect((await move(task.id, bobs.id)).status).toBe(403)
  expect((await ada.get(`/v1/tasks/${task.id}`)).body.version).toBe(1)
  expect((await move(task.id, held.id)).status).toBe(200)
  await ada.post(`/v1/goals/${held.id}/complete`)
  expect((await move(task.id, from.id)).status).toBe(200)
})

test('an assignee moves nothing, not even into a goal of their own', async () => {
  const [from, own] = await Promise.all([ada.goal(), bob.goal()])
  const task = await ada.task(from.id, { assignedTo: bob.id })
  expect((await move(task.id, own.id, bob)).status).toBe(403)
})

test('an administrator moves a task to another owner, who then has it, and both hear of it', async () => {
  const [from, to] = await Promise.all([ada.goal(), bob.goal()])
  const task = await ada.task(from.id)
  expect((await move(task.id, to.id, root)).body).toMatchObject({ ownerId: bob.id, userId: ada.id, version: 2 })
  expect((await bob.patch(`/v1/tasks/${task.id}`, { title: 'Mine' }, any)).status).toBe(200)
  expect((await ada.get(`/v1/tasks/${task.id}`)).status).toBe(404)
  const [, moved, renamed] = await eventsOf(task.id)
  expect(moved.readers.toSorted()).toEqual([ada.id, bob.id].toSorted())
  expect(moved.as_admin).toBe(true)
  expect(renamed.readers).toEqual([bob.id])
})

test('what a goal closed along reopens with it no more once it has moved away', async () => {
  const [from, to] = await Promise.all([ada.goal(), ada.goal()])
  const [moved, stayed] = await Promise.all([ada.task(from.id), ada.task(from.id)])
  await ada.post(`/v1/goals/${from.id}/cancel`)
  await move(moved.id, to.id)
  await ada.post(`/v1/goals/${from.id}/reopen`)
  expect((await ada.get(`/v1/tasks/${moved.id}`)).body).toMatchObject({ status: 'CANCELLED', goalId: to.id })
  expect((await ada.get(`/v1/tasks/${stayed.id}`)).body).toMatchObject({ status: 'TODO' })
})

const fill = (goalId: string, count: number) =>
  api.pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title)
     select goals.id, user_id, user_id, 'filler' from goals, generate_series(1, $2) where goals.id = $1`,
    [goalId, count],
  )
const clear = (goalId: string) => api.pool.query(`delete from tasks where goal_id = $1 and title = 'filler'`, [goalId])

test('a goal takes about ten thousand live tasks, by creation and by move, and again once there is room', async () => {
  const [full, from] = await Promise.all([ada.goal(), ada.goal()])
  await fill(full.id, 9_999)
  const put = async () => (await ada.post(`/v1/goals/${full.id}/tasks`, { title: 'x' })).status
  const statuses = new Set<number>()
  let taken = 0
  for (let tries = 0; tries < 200 && !statuses.has(409); tries++) {
    const status = await put()
    if (status === 201) taken++
    statuses.add(status)
  }
  expect(statuses).toEqual(new Set([201, 409]))
  expect(taken).toBeLessThanOrEqual(64)
  const task = await ada.task(from.id)
  for (const refused of [
    await ada.post(`/v1/goals/${full.id}/tasks`, { title: 'x' }),
    await move(task.id, full.id),
    await ada.post(`/v1/goals/${full.id}/tasks`, { title: 'x', dependencies: [task.id] }),
  ])
    expect(refused).toMatchObject({ status: 409, body: { code: 'goal-full' } })
  // Nobody else learns that it is full, or that it is.
  expect((await bob.post(`/v1/goals/${full.id}/tasks`, { title: 'x' })).status).toBe(404)
  // Leaving and changing is no coming in.
  await api.pool.query(`update tasks set deleted_at = now() where goal_id = $1 and title = 'filler'`, [full.id])
  expect(await put()).toBe(201)
  expect((await move(task.id, full.id)).status).toBe(200)
  await clear(full.id)
})
