import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
let bob: Client
let eve: Client
beforeAll(async () => {
  api = await startTestApp()
  ada = await api.as()
  bob = await api.as()
  eve = await api.as()
})
afterAll(() => api.close())

const eventsOf = async (id: string) =>
  (
    await api.pool.query(
      `select type, before, after, (select array_agg(reader_id) from event_readers where event_id = e.id) as readers from events e where aggregate_id = $1 order by position`,
      [id],
    )
  ).rows

test('a task belongs to its goal and to the owner of the goal', async () => {
  const goal = await ada.goal()
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

test('assigning is announced to the assignee, at creation and later, and unassigning to whoever loses it', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id, { assignedTo: bob.id })
  await ada.patch(`/v1/tasks/${task.id}`, { assignedTo: eve.id }, { 'if-match': '"1"' })
  await ada.patch(`/v1/tasks/${task.id}`, { assignedTo: null }, { 'if-match': '"2"' })
  const events = await eventsOf(task.id)
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

test('an assignee reads the task, moves its status and hours, may give it back, and nothing else', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id, { assignedTo: bob.id })
  expect((await bob.get(`/v1/tasks/${task.id}`)).body.id).toBe(task.id)
  expect(
    (await bob.patch(`/v1/tasks/${task.id}`, { status: 'IN_PROGRESS', actualHours: 2 }, { 'if-match': '"1"' })).status,
  ).toBe(200)
  for (const patch of [{ title: 'x' }, { priority: 'LOW' }, { assignedTo: eve.id }, { estimatedHours: 1 }]) {
    expect((await bob.patch(`/v1/tasks/${task.id}`, patch, { 'if-match': '*' })).status, JSON.stringify(patch)).toBe(
      403,
    )
  }
  expect((await bob.delete(`/v1/tasks/${task.id}`)).status).toBe(403)
  expect((await bob.post(`/v1/tasks/${task.id}/complete`)).body).toMatchObject({ status: 'COMPLETED' })
  expect((await bob.patch(`/v1/tasks/${task.id}`, { assignedTo: null }, { 'if-match': '*' })).status).toBe(200)
  expect((await bob.get(`/v1/tasks/${task.id}`)).status).toBe(404)
})

test("a stranger's requests find no task", async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id, { assignedTo: bob.id })
  expect((await eve.get(`/v1/tasks/${task.id}`)).status).toBe(404)
  expect((await eve.patch(`/v1/tasks/${task.id}`, { title: 'x' }, { 'if-match': '*' })).status).toBe(404)
  expect((await eve.post(`/v1/tasks/${task.id}/complete`)).status).toBe(404)
  expect((await eve.delete(`/v1/tasks/${task.id}`)).status).toBe(404)
  expect((await eve.get(`/v1/tasks/${task.id}/history`)).status).toBe(404)
  expect((await eve.get('/v1/tasks')).body.data).toEqual([])
})

test('a block remembers where it came from and its lifting forgets it', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  const blocked = await ada.patch(`/v1/tasks/${task.id}`, { status: 'BLOCKED' }, { 'if-match': '"1"' })
  expect(blocked.body).toMatchObject({ status: 'BLOCKED', blockKind: 'MANUAL', blockedFrom: 'TODO' })
  expect(await ada.post(`/v1/tasks/${task.id}/complete`)).toMatchObject({
    status: 409,
    body: { code: 'task-blocked', blockers: [] },
  })
  const lifted = await ada.patch(`/v1/tasks/${task.id}`, { status: 'IN_PROGRESS' }, { 'if-match': '"2"' })
  expect(lifted.body).toMatchObject({ status: 'IN_PROGRESS', blockKind: null, blockedFrom: null })
})

test('completing is announced once, whoever repeats it', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  const answers = await Promise.all(Array.from({ length: 10 }, () => ada.post(`/v1/tasks/${task.id}/complete`)))
  expect(new Set(answers.map((answer) => `${answer.status} v${answer.body.version}`))).toEqual(new Set(['200 v2']))
  expect((await eventsOf(task.id)).map((event) => event.type)).toEqual([
    'task:created',
    'task:updated',
    'task:completed',
  ])
})

test('no task enters a goal that is closed, deleted or not there', async () => {
  const closed = await ada.goal()
  await ada.post(`/v1/goals/${closed.id}/complete`)
  expect((await ada.post(`/v1/goals/${closed.id}/tasks`, { title: 'x' })).body).toMatchObject({
    status: 409,
    code: 'goal-closed',
  })
  const deleted = await ada.goal()
  await ada.delete(`/v1/goals/${deleted.id}`)
  expect((await ada.post(`/v1/goals/${deleted.id}/tasks`, { title: 'x' })).body).toMatchObject({
    status: 409,
    code: 'goal-deleted',
  })
  expect((await ada.post(`/v1/goals/${randomUUID()}/tasks`, { title: 'x' })).status).toBe(404)
})

test('a task that is being created while its goal is being deleted never outlives it', async () => {
  for (let round = 0; round < 20; round++) {
    const goal = await ada.goal()
    await Promise.all([
      ada.delete(`/v1/goals/${goal.id}`),
      ...Array.from({ length: 4 }, () => ada.post(`/v1/goals/${goal.id}/tasks`, { title: 'x' })),
    ])
    const { rows } = await api.pool.query('select id from tasks where goal_id = $1 and deleted_at is null', [goal.id])
    expect(rows).toEqual([])
  }
})

test('what a task may not be is refused', async () => {
  const goal = await ada.goal()
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

test('an instant comes back in UTC with milliseconds, whatever offset it was sent in', async () => {
  const goal = await ada.goal()
  expect(await ada.task(goal.id, { dueAt: '2027-01-01T10:00:00+02:00', dueZone: 'Europe/Athens' })).toMatchObject({
    dueAt: '2027-01-01T08:00:00.000Z',
    dueZone: 'Europe/Athens',
  })
})

test('a deleted task is gone for its readers and not there for others', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id, { assignedTo: bob.id })
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

test('saying the same thing in another spelling changes nothing', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id, { assignedTo: bob.id.toUpperCase(), dueAt: '2027-01-01T10:00:00Z' })
  const same = { assignedTo: bob.id.toUpperCase(), dueAt: '2027-01-01T11:00:00+01:00' }
  expect((await ada.patch(`/v1/tasks/${task.id}`, same, { 'if-match': '*' })).body.version).toBe(1)
  expect((await eventsOf(task.id)).map((event) => event.type)).toEqual(['task:created', 'task:assigned'])
})
