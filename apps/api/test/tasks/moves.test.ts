import { randomUUID } from 'node:crypto'
import { expectInvariants } from '@goals-tasks/db/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { type Client, overwrite } from '../support/client.ts'
import { test } from '../support/test.ts'

test.afterEach(({ api }) => expectInvariants(api.pool))

const move = (client: Client, taskId: string, goalId: string) => client.patchTask(taskId, { goalId })

test('moving a task is one change of the task and none of its goals', async ({ api, ada }) => {
  const [from, to] = await Promise.all([ada.createGoal(), ada.createGoal()])
  const task = await ada.createTask(from.id)
  expect((await ada.patchTask(task.id, { goalId: to.id }, {})).status).toBe(428)
  expect((await ada.patchTask(task.id, { goalId: to.id }, { 'if-match': '"9"' })).status).toBe(412)
  expect(await ada.patchTask(task.id, { goalId: to.id.toUpperCase() }, { 'if-match': '"1"' })).toMatchObject({
    status: 200,
    body: { goalId: to.id, version: 2, ownerId: ada.id },
  })
  expect((await move(ada, task.id, to.id)).body.version).toBe(2)
  expect((await api.eventsOf(task.id)).slice(1)).toMatchObject([
    { type: 'task:updated', before: { goalId: from.id }, after: { goalId: to.id } },
  ])
  expect((await ada.get(`/v1/goals/${from.id}/tasks`)).body.data).toEqual([])
  expect((await ada.get(`/v1/goals/${to.id}/tasks`)).body.data).toMatchObject([{ id: task.id }])
  for (const goal of [from, to]) expect((await ada.get(`/v1/goals/${goal.id}`)).body.version).toBe(1)
})

test('a move may include other changes, and keeps dependencies and blocks', async ({ ada }) => {
  const [from, to] = await Promise.all([ada.createGoal(), ada.createGoal()])
  const [blocker, task] = await Promise.all([ada.createTask(from.id), ada.createTask(from.id)])
  const moved = await ada.patch(
    `/v1/tasks/${task.id}`,
    { goalId: to.id, title: 'New', dependencies: [blocker.id] },
    overwrite,
  )
  expect(moved.body).toMatchObject({ goalId: to.id, title: 'New', status: 'BLOCKED', version: 2 })
  expect((await move(ada, blocker.id, to.id)).body).toMatchObject({ version: 2 })
  expect((await ada.get(`/v1/tasks/${task.id}`)).body).toMatchObject({ version: 2, status: 'BLOCKED' })
  const completed = await ada.patchTask(blocker.id, { goalId: from.id, status: 'COMPLETED' })
  expect(completed.body).toMatchObject({ goalId: from.id, status: 'COMPLETED' })
  expect((await ada.get(`/v1/tasks/${task.id}`)).body).toMatchObject({ version: 3, status: 'TODO' })
})

test('a task moves into no closed, deleted, missing or hidden goal, but leaves a closed one', async ({ ada, bob }) => {
  const [from, closed, deleted, held] = await Promise.all([
    ada.createGoal(),
    ada.createGoal(),
    ada.createGoal(),
    ada.createGoal(),
  ])
  const bobs = await bob.createGoal()
  await ada.actOnGoal(closed.id, 'complete')
  await ada.delete(`/v1/goals/${deleted.id}`)
  await ada.actOnGoal(held.id, 'hold')
  const task = await ada.createTask(from.id)
  expect((await move(ada, task.id, closed.id)).body).toMatchObject({ status: 409, code: 'goal-closed' })
  expect((await move(ada, task.id, deleted.id)).body).toMatchObject({ status: 409, code: 'goal-deleted' })
  expect((await move(ada, task.id, bobs.id)).status).toBe(404)
  expect((await move(ada, task.id, randomUUID())).status).toBe(404)
  // Seeing the summary of a goal is not enough.
  await bob.createTask(bobs.id, { assignedTo: ada.id })
  expect((await move(ada, task.id, bobs.id)).status).toBe(403)
  expect((await ada.get(`/v1/tasks/${task.id}`)).body.version).toBe(1)
  expect((await move(ada, task.id, held.id)).status).toBe(200)
  await ada.actOnGoal(held.id, 'complete')
  expect((await move(ada, task.id, from.id)).status).toBe(200)
})

test('an assignee cannot move a task, not even into a goal of their own', async ({ ada, bob }) => {
  const [from, own] = await Promise.all([ada.createGoal(), bob.createGoal()])
  const task = await ada.createTask(from.id, { assignedTo: bob.id })
  expect((await move(bob, task.id, own.id)).status).toBe(403)
})

test('an administrator moves a task to another owner, and both read the event', async ({ api, ada, bob, admin }) => {
  const [from, to] = await Promise.all([ada.createGoal(), bob.createGoal()])
  const task = await ada.createTask(from.id)
  expect((await move(admin, task.id, to.id)).body).toMatchObject({ ownerId: bob.id, userId: ada.id, version: 2 })
  expect((await bob.patchTask(task.id, { title: 'Mine' })).status).toBe(200)
  expect((await ada.get(`/v1/tasks/${task.id}`)).status).toBe(404)
  const [, moved, renamed] = await api.eventsOf(task.id)
  expect(moved?.readers.toSorted()).toEqual([ada.id, bob.id].toSorted())
  expect(moved?.asAdmin).toBe(true)
  expect(renamed?.readers).toEqual([bob.id])
})

test('a task does not reopen with its former goal when it has moved away', async ({ ada }) => {
  const [from, to] = await Promise.all([ada.createGoal(), ada.createGoal()])
  const [moved, stayed] = await Promise.all([ada.createTask(from.id), ada.createTask(from.id)])
  await ada.actOnGoal(from.id, 'cancel')
  await move(ada, moved.id, to.id)
  await ada.actOnGoal(from.id, 'reopen')
  expect((await ada.get(`/v1/tasks/${moved.id}`)).body).toMatchObject({ status: 'CANCELLED', goalId: to.id })
  expect((await ada.get(`/v1/tasks/${stayed.id}`)).body).toMatchObject({ status: 'TODO' })
})

const fill = (pool: pg.Pool, goalId: string, count: number) =>
  pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title)
     select goals.id, user_id, user_id, 'filler' from goals, generate_series(1, $2) where goals.id = $1`,
    [goalId, count],
  )
const clear = (pool: pg.Pool, goalId: string) =>
  pool.query(`delete from tasks where goal_id = $1 and title = 'filler'`, [goalId])

test('a goal refuses tasks at about ten thousand live ones, until there is room', async ({ api, ada, bob }) => {
  const [full, from] = await Promise.all([ada.createGoal(), ada.createGoal()])
  await fill(api.pool, full.id, 9_999)
  const create = async () => (await ada.post(`/v1/goals/${full.id}/tasks`, { title: 'x' })).status
  const statuses = new Set<number>()
  let taken = 0
  for (let tries = 0; tries < 200 && !statuses.has(409); tries++) {
    const status = await create()
    if (status === 201) taken++
    statuses.add(status)
  }
  expect(statuses).toEqual(new Set([201, 409]))
  expect(taken).toBeLessThanOrEqual(64)
  const task = await ada.createTask(from.id)
  for (const refused of [
    await ada.post(`/v1/goals/${full.id}/tasks`, { title: 'x' }),
    await move(ada, task.id, full.id),
    await ada.post(`/v1/goals/${full.id}/tasks`, { title: 'x', dependencies: [task.id] }),
  ])
    expect(refused).toMatchObject({ status: 409, body: { code: 'goal-full' } })
  // Another user learns neither that the goal is full nor that it exists.
  expect((await bob.post(`/v1/goals/${full.id}/tasks`, { title: 'x' })).status).toBe(404)
  // Deleted tasks do not count.
  await api.pool.query(`update tasks set deleted_at = now() where goal_id = $1 and title = 'filler'`, [full.id])
  expect(await create()).toBe(201)
  expect((await move(ada, task.id, full.id)).status).toBe(200)
  await clear(api.pool, full.id)
})
