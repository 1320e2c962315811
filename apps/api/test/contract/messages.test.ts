import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { test } from '../support/test.ts'

test.for([
  [{}, 'title is required'],
  [{ title: 5 }, 'title must be text, not 5'],
  [{ title: 'x', priority: 'high' }, 'priority must be LOW, MEDIUM, HIGH or CRITICAL, not "high"'],
  [{ title: 'x', description: 5 }, 'description must be text or null, not 5'],
  [{ title: 'x'.repeat(201) }, 'title must have at most 200 characters, not 201'],
  [{ title: '🎯'.repeat(201) }, 'title must have at most 200 characters, not 201'],
  [{ title: ' ' }, 'title must have a visible character'],
  [{ title: 'x', tags: ['a', 5] }, 'tags/1 must be text, not 5'],
  [{ title: 'x', tags: Array(51).fill('a') }, 'tags must have at most 50 items, not 51'],
  [{ title: 'x', tags: [''] }, 'tags/0 must have at least 1 character, not 0'],
  [{ title: 'x', metadata: [] }, 'metadata must be an object, not []'],
  [{ title: 'x', dueDate: 'tomorrow' }, 'dueDate must be a day such as 2027-03-01, not "tomorrow"'],
  [{ title: 'x', dueAt: '9:30' }, 'dueAt must be an instant such as 2027-03-01T09:30:00Z, not "9:30"'],
  [{ title: 'x', assignedTo: 'me' }, 'assignedTo must be a UUID, not "me"'],
  [{ title: 'x', assignedTo: 'y'.repeat(100) }, `assignedTo must be a UUID, not "${'y'.repeat(59)}…`],
  [{ title: 'x', estimatedHours: -1 }, 'estimatedHours must be at least 0, not -1'],
  [{ title: 'x', estimatedHours: -1.005 }, 'estimatedHours must be at least 0, not -1.005'],
  [{ title: 'x', estimatedHours: 1.005 }, 'estimatedHours must be a multiple of 0.01, not 1.005'],
  [{ title: 'x', dueDat: null }, 'dueDat is not known; did you mean dueDate?'],
  [{ title: 'x', dueAtt: null }, 'dueAtt is not known; did you mean dueAt?'],
  [{ title: 'x', tgas: [] }, 'tgas is not known; did you mean tags?'],
  [{ title: 'x', due: '2027-03-01' }, 'due is not known; use dueDate for a day, or dueAt for an instant'],
  [{ title: 'x', assignee: null }, 'assignee is not known; use assignedTo'],
  [{ title: 'x', status: 'TODO' }, 'status is not set here: a PATCH and the verbs, such as complete, change it'],
  [{ title: 'x', createdAt: null }, 'createdAt is read-only: the service sets it'],
] as const)('a create with the body %j is refused because its %s', async ([body, detail], { ada }) => {
  const { id } = await ada.createGoal()
  const refused = await ada.post(`/v1/goals/${id}/tasks`, body)
  expect(refused.body).toMatchObject({ status: 422, code: 'invalid-body', detail })
  const [pointer = '', ...words] = detail.split(' ')
  expect(refused.body.errors).toEqual([{ pointer: `/${pointer}`, detail: words.join(' ') }])
})

test('an unknown name that resembles no other gets the list of names', async ({ ada }) => {
  const refused = await ada.post('/v1/goals', { title: 'x', colour: 'red' })
  expect(refused.body.detail).toBe(
    'colour is not known; use title, description, priority, targetDate, category, tags or metadata',
  )
})

test.for([
  ['page=2', 'page is not known: a list has no page numbers. Repeat the request with cursor=<page.nextCursor>'],
  ['assignee=me', 'assignee is not known; use assignedTo'],
  ['limit=many', 'limit must be a whole number, not "many"'],
  ['limit=201', 'limit must be at most 200, not 201'],
  ['dueBefore=soon', 'dueBefore must be a day such as 2027-03-01, not "soon"'],
  ['assignedTo=bob', 'assignedTo must be me or the id of a user'],
  ['status=DONE', 'status must be TODO, IN_PROGRESS, BLOCKED, COMPLETED or CANCELLED, not "DONE"'],
  ['deleted=yes', 'deleted must be exclude, only or include, not "yes"'],
] as const)('a list with ?%s is refused because its %s', async ([query, detail], { ada }) => {
  expect((await ada.get(`/v1/tasks?${query}`)).body).toMatchObject({ status: 400, code: 'invalid-request', detail })
})

test('an id in a path that is no UUID is named', async ({ ada }) => {
  expect((await ada.get('/v1/goals/7')).body.detail).toBe('goalId must be a UUID, not "7"')
})

test('a patch may contain read-only members when they equal the goal or task', async ({ ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  const read = {
    goal: (await ada.get(`/v1/goals/${goal.id}`)).body,
    task: (await ada.get(`/v1/tasks/${task.id}`)).body,
  }
  const { version: _, ...members } = read.task
  const matching = { 'if-match': '"1"' }
  expect(await ada.patchTask(task.id, { ...members, title: 'New' }, matching)).toMatchObject({
    status: 200,
    body: { title: 'New', version: 2 },
  })
  const { progress: _progress, ...own } = read.goal
  expect((await ada.patchGoal(goal.id, { ...own, title: 'New' }, matching)).status).toBe(200)
})

test('a patch that changes a read-only member gets 422 and changes nothing', async ({ ada }) => {
  const { id } = await ada.createGoal()
  for (const changed of [
    { userId: randomUUID() },
    { createdAt: '2020-01-01T00:00:00.000Z' },
    { completedAt: null, id: 5 },
  ])
    expect((await ada.patchGoal(id, changed)).body, JSON.stringify(changed)).toMatchObject({
      status: 422,
      code: 'invalid-body',
      errors: [{ detail: 'is read-only: the service sets it' }],
    })
  const stale = await ada.patchGoal(id, { title: 'New', updatedAt: '2020-01-01T00:00:00.000Z' }, { 'if-match': '"9"' })
  expect(stale.status).toBe(412)
  expect((await ada.get(`/v1/goals/${id}`)).body.version).toBe(1)
})
