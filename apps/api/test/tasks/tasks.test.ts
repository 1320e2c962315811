import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { overwrite } from '../support/client.ts'
import { manyRounds } from '../support/limits.ts'
import { test } from '../support/test.ts'

test('a new task belongs to its goal and to the owner of that goal', async ({ ada }) => {
  const goal = await ada.createGoal()
  const created = await ada.post(`/v1/goals/${goal.id}/tasks`, {
    title: 'Write it',
    estimatedHours: 1.25,
    dueDate: '2027-01-31',
  })
  expect(created).toMatchObject({ status: 201, headers: { location: `/v1/tasks/${created.body.id}`, etag: '"1"' } })
  expect(created.body).toMatchObject({
    goalId: goal.id,
    ownerId: ada.id,
    userId: ada.id,
    assignedTo: null,
    status: 'TODO',
    estimatedHours: 1.25,
    dueDate: '2027-01-31',
    dependencies: [],
  })
})

test('both assignees may read the events when a task is assigned or reassigned', async ({ api, ada, bob, eve }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id, { assignedTo: bob.id })
  await ada.patch(`/v1/tasks/${task.id}`, { assignedTo: eve.id }, { 'if-match': '"1"' })
  await ada.patch(`/v1/tasks/${task.id}`, { assignedTo: null }, { 'if-match': '"2"' })
  const events = await api.eventsOf(task.id)
  expect(events.map((event) => event.type)).toEqual([
    'task:created',
    'task:assigned',
    'task:updated',
    'task:assigned',
    'task:updated',
  ])
  expect(events[3]).toMatchObject({ before: { assignedTo: bob.id }, after: { assignedTo: eve.id } })
  expect(events[2]?.readers.toSorted()).toEqual([ada.id, bob.id, eve.id].toSorted())
  expect(events[4]?.readers.toSorted()).toEqual([ada.id, eve.id].toSorted())
})

test('a task is assigned once when later changes keep its assignee', async ({ api, ada, bob }) => {
  const task = await ada.createTask((await ada.createGoal()).id, { assignedTo: bob.id })
  await ada.patchTask(task.id, { title: 'Renamed', assignedTo: bob.id })
  const types = (await api.eventsOf(task.id)).map((event) => event.type)
  expect(types).toEqual(['task:created', 'task:assigned', 'task:updated'])
})

test('a task is listed once when its owner is its assignee and its creator', async ({ api }) => {
  const ada = await api.as()
  const task = await ada.createTask((await ada.createGoal()).id, { assignedTo: ada.id })
  for (const path of ['/v1/tasks', '/v1/tasks?assignedTo=me'])
    expect((await ada.get(path)).body.data).toMatchObject([{ id: task.id }])
})

test('an assignee changes only status and hours, and may unassign themselves', async ({ ada, bob, eve }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id, { assignedTo: bob.id })
  expect((await bob.get(`/v1/tasks/${task.id}`)).body.id).toBe(task.id)
  expect(
    (await bob.patch(`/v1/tasks/${task.id}`, { status: 'IN_PROGRESS', actualHours: 2 }, { 'if-match': '"1"' })).status,
  ).toBe(200)
  for (const patch of [{ title: 'x' }, { priority: 'LOW' }, { assignedTo: eve.id }, { estimatedHours: 1 }]) {
    expect((await bob.patch(`/v1/tasks/${task.id}`, patch, overwrite)).status, JSON.stringify(patch)).toBe(403)
  }
  expect((await bob.delete(`/v1/tasks/${task.id}`)).status).toBe(403)
  expect((await bob.actOnTask(task.id, 'complete')).body).toMatchObject({ status: 'COMPLETED' })
  expect((await bob.patchTask(task.id, { assignedTo: null })).status).toBe(200)
  expect((await bob.get(`/v1/tasks/${task.id}`)).status).toBe(404)
})

test('a stranger gets 404 for every request about a task', async ({ ada, bob, eve }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id, { assignedTo: bob.id })
  expect((await eve.get(`/v1/tasks/${task.id}`)).status).toBe(404)
  expect((await eve.patchTask(task.id, { title: 'x' })).status).toBe(404)
  expect((await eve.actOnTask(task.id, 'complete')).status).toBe(404)
  expect((await eve.delete(`/v1/tasks/${task.id}`)).status).toBe(404)
  expect((await eve.get(`/v1/tasks/${task.id}/history`)).status).toBe(404)
  expect((await eve.get('/v1/tasks')).body.data).toEqual([])
})

test('a manually blocked task keeps its former status until it is unblocked', async ({ ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  const blocked = await ada.patch(`/v1/tasks/${task.id}`, { status: 'BLOCKED' }, { 'if-match': '"1"' })
  expect(blocked.body).toMatchObject({ status: 'BLOCKED', blockKind: 'MANUAL', blockedFrom: 'TODO' })
  expect(await ada.actOnTask(task.id, 'complete')).toMatchObject({
    status: 409,
    body: { code: 'task-blocked', blockers: [] },
  })
  const lifted = await ada.patch(`/v1/tasks/${task.id}`, { status: 'IN_PROGRESS' }, { 'if-match': '"2"' })
  expect(lifted.body).toMatchObject({ status: 'IN_PROGRESS', blockKind: null, blockedFrom: null })
})

test('completing a task emits one update and one milestone when ten requests do it at once', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  const answers = await Promise.all(Array.from({ length: 10 }, () => ada.actOnTask(task.id, 'complete')))
  expect(new Set(answers.map((answer) => `${answer.status} v${answer.body.version}`))).toEqual(new Set(['200 v2']))
  expect((await api.eventsOf(task.id)).map((event) => event.type)).toEqual([
    'task:created',
    'task:updated',
    'task:completed',
  ])
})

test('a new task is refused when its goal is closed, deleted or missing', async ({ ada }) => {
  const closed = await ada.createGoal()
  await ada.actOnGoal(closed.id, 'complete')
  expect((await ada.post(`/v1/goals/${closed.id}/tasks`, { title: 'x' })).body).toMatchObject({
    status: 409,
    code: 'goal-closed',
  })
  const deleted = await ada.createGoal()
  await ada.delete(`/v1/goals/${deleted.id}`)
  expect((await ada.post(`/v1/goals/${deleted.id}/tasks`, { title: 'x' })).body).toMatchObject({
    status: 409,
    code: 'goal-deleted',
  })
  expect((await ada.post(`/v1/goals/${randomUUID()}/tasks`, { title: 'x' })).status).toBe(404)
})

test('no live task is left in a goal when tasks are created while it is deleted', manyRounds, async ({ api, ada }) => {
  for (let round = 0; round < 20; round++) {
    const goal = await ada.createGoal()
    await Promise.all([
      ada.delete(`/v1/goals/${goal.id}`),
      ...Array.from({ length: 4 }, () => ada.post(`/v1/goals/${goal.id}/tasks`, { title: 'x' })),
    ])
    const { rows } = await api.pool.query('select id from tasks where goal_id = $1 and deleted_at is null', [goal.id])
    expect(rows).toEqual([])
  }
})

test('a new task is refused when a field is invalid', async ({ ada }) => {
  const goal = await ada.createGoal()
  for (const body of [
    { estimatedHours: -1 },
    { estimatedHours: 1_000_000 },
    { estimatedHours: 0.001 },
    { dueDate: '2026-13-01' },
    { dueAt: 'tomorrow' },
    { dueDate: '2027-01-01', dueAt: '2027-01-01T00:00:00.000Z' },
    { dueZone: 'Europe/Berlin' },
    { dueAt: '2027-01-01T00:00:00.000Z', dueZone: 'Mars/Base' },
    { assignedTo: 'bob' },
    { goalId: randomUUID() },
    { dependencies: ['bob'] },
  ]) {
    expect((await ada.post(`/v1/goals/${goal.id}/tasks`, { title: 'x', ...body })).status, JSON.stringify(body)).toBe(
      422,
    )
  }
  expect((await ada.get(`/v1/goals/${goal.id}/tasks`)).body.data).toEqual([])
})

test('an instant is returned in UTC with milliseconds when it was sent with another offset', async ({ ada }) => {
  const goal = await ada.createGoal()
  expect(await ada.createTask(goal.id, { dueAt: '2027-01-01T10:00:00+02:00', dueZone: 'Europe/Athens' })).toMatchObject(
    {
      dueAt: '2027-01-01T08:00:00.000Z',
      dueZone: 'Europe/Athens',
    },
  )
})

test('a deleted task gets 410 for its readers and 404 for others', async ({ ada, bob, eve }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id, { assignedTo: bob.id })
  expect((await ada.delete(`/v1/tasks/${task.id}`, { 'if-match': '"7"' })).status).toBe(412)
  expect((await ada.delete(`/v1/tasks/${task.id}`, { 'if-match': '"1"' })).status).toBe(204)
  expect((await ada.delete(`/v1/tasks/${task.id}`)).status).toBe(204)
  expect((await ada.get(`/v1/tasks/${task.id}`)).status).toBe(410)
  expect((await bob.get(`/v1/tasks/${task.id}`)).status).toBe(410)
  expect((await eve.get(`/v1/tasks/${task.id}`)).status).toBe(404)
  expect((await ada.get(`/v1/tasks/${task.id}/history`)).body.data?.map((entry) => entry.type)).toEqual([
    'task:deleted',
    'task:created',
  ])
})

test('a patch changes nothing when it spells the same values differently', async ({ api, ada, bob }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id, { assignedTo: bob.id.toUpperCase(), dueAt: '2027-01-01T10:00:00Z' })
  const same = { assignedTo: bob.id.toUpperCase(), dueAt: '2027-01-01T11:00:00+01:00' }
  expect((await ada.patch(`/v1/tasks/${task.id}`, same, overwrite)).body.version).toBe(1)
  expect((await api.eventsOf(task.id)).map((event) => event.type)).toEqual(['task:created', 'task:assigned'])
})
