import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { test } from '../support/test.ts'

const setByVerbs = 'is not set here: a PATCH of the status or a verb, such as complete, changes it'

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
  [{ title: 'x', priority: null }, 'priority must be LOW, MEDIUM, HIGH or CRITICAL, not null'],
  [{ title: 'x', tags: ['a', 'b', 'a'] }, 'tags/2 repeats "a"'],
  [{ title: 'x', dueDate: 'tomorrow' }, 'dueDate must be a day such as 2027-03-01 or null, not "tomorrow"'],
  [{ title: 'x', dueDate: 20270301 }, 'dueDate must be a day such as 2027-03-01 or null, not 20270301'],
  [{ title: 'x', dueAt: '9:30' }, 'dueAt must be an instant such as 2027-03-01T09:30:00Z or null, not "9:30"'],
  [{ title: 'x', dueZone: 'Berlin' }, 'dueZone must be an IANA time zone such as Europe/Berlin, not "Berlin"'],
  [{ title: 'x', assignedTo: 'me' }, 'assignedTo must be a UUID or null, not "me"'],
  [{ title: 'x', assignedTo: 'y'.repeat(100) }, `assignedTo must be a UUID or null, not "${'y'.repeat(59)}…`],
  [{ title: 'x', dependencies: [null] }, 'dependencies/0 must be a UUID, not null'],
  [{ title: 'x', metadata: { a: 'x'.repeat(16_384) } }, 'metadata must have at most 16384 bytes, not 16392'],
  [{ title: 'x', estimatedHours: -1 }, 'estimatedHours must be at least 0, not -1'],
  [{ title: 'x', estimatedHours: -1.005 }, 'estimatedHours must be at least 0, not -1.005'],
  [{ title: 'x', estimatedHours: 1.005 }, 'estimatedHours must be a multiple of 0.01, not 1.005'],
  [{ title: 'x', dueDat: null }, 'dueDat is not known; did you mean dueDate?'],
  [{ title: 'x', dueAtt: null }, 'dueAtt is not known; did you mean dueAt?'],
  [{ title: 'x', tgas: [] }, 'tgas is not known; did you mean tags?'],
  [{ title: 'x', due_date: null }, 'due_date is not known; did you mean dueDate?'],
  [{ title: 'x', due: '2027-03-01' }, 'due is not known; use dueDate or dueAt'],
  [{ title: 'x', 'target-date': null }, 'target-date is not known; use dueDate or dueAt'],
  [{ title: 'x', assignee: null }, 'assignee is not known; use assignedTo'],
  [{ title: 'x', blocked_by: [] }, 'blocked_by is not known; use dependencies'],
  [{ title: 'x', status: 'TODO' }, `status ${setByVerbs}`],
  [{ title: 'x', done: true }, `done ${setByVerbs}`],
  [{ title: 'x', createdAt: null }, 'createdAt is read-only: the service sets it'],
  [{ title: 'x', created_at: null }, 'created_at is read-only: the service sets it'],
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

test('a name is shown without the escapes of its pointer', async ({ ada }) => {
  const refused = await ada.post('/v1/goals', { title: 'x', 'a/b~c': 1 })
  expect(refused.body.errors).toMatchObject([{ pointer: '/a~1b~0c' }])
  expect(refused.body.detail).toMatch(/^a\/b~c is not known; use title, /)
})

test('a goal gets the names of a goal for the name of another system', async ({ ada }) => {
  const refused = await ada.post('/v1/goals', { title: 'x', deadline: null, dueDate: null })
  expect(refused.body.detail).toBe('deadline is not known; use targetDate; dueDate is not known; use targetDate')
  expect((await ada.get('/v1/goals?due=2027-01-01')).body.detail).toBe('due is not known; use targetBefore')
  expect((await ada.get('/v1/goals?assignee=me')).body.detail).toMatch(/^assignee is not known; use limit, cursor, /)
})

test('the list of names has only the members that a patch can change', async ({ ada }) => {
  const { id } = await ada.createGoal()
  const { body } = await ada.patchGoal(id, { colour: 'red' })
  expect(body.detail).toMatch(/metadata, openTasks, force, version or view$/)
  expect((await ada.patchGoal(id, { status: null })).body.detail).toBe(
    'status must be ACTIVE, ON_HOLD, COMPLETED or CANCELLED, not null',
  )
})

test('an operation without members and parameters says so', async ({ ada }) => {
  const { id } = await ada.createGoal()
  const hold = (query: string, body: object) => ada.post(`/v1/goals/${id}/hold${query}`, body)
  expect((await hold('', { reason: 'x' })).body.detail).toBe('reason is not known: this operation takes no members')
  expect((await hold('?dry=1', {})).body.detail).toBe('dry is not known: this operation takes no parameters')
})

test.for([
  ['page=2', 'page is not known: a list has no page numbers. Repeat the request with cursor=<page.nextCursor>'],
  ['assignee=me', 'assignee is not known; use assignedTo'],
  ['limit=many', 'limit must be a whole number, not "many"'],
  ['limit=201', 'limit must be at most 200, not 201'],
  ['dueBefore=soon', 'dueBefore must be a day such as 2027-03-01, not "soon"'],
  ['assignedTo=bob', 'assignedTo must be me or the id of a user, not "bob"'],
  ['per_page=5', 'per_page is not known; use limit'],
  ['starting_after=x', 'starting_after is not known; use cursor'],
  ['sort=priority', 'sort is not known: a list has one order, the newest first'],
  ['completed=true', 'completed is not known; use status'],
  ['includeDeleted=true', 'includeDeleted is not known; use deleted'],
  ['limit=1&limit=2', 'limit must be sent once, not 2 times'],
  ['assignedTo=me&assignedTo=me', 'assignedTo must be sent once, not 2 times'],
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
