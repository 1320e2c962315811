import { expect } from 'vitest'
import { overwrite } from '../support/client.ts'
import { test as base } from '../support/test.ts'

const test = base.extend('goalId', { scope: 'file' }, async ({ ada }) => (await ada.createGoal()).id)

const nested = (levels: number): object => (levels === 1 ? { end: true } : { a: nested(levels - 1) })
const distinct = (n: number, length: number, character: string) =>
  Array.from({ length: n }, (_, i) => `${i}`.padStart(2, '0') + character.repeat(length - 2))
const family = '\u{1F468}\u200d\u{1F469}\u200d\u{1F467}\u200d\u{1F466}'
const controls = '\b\f\n\r\t\u0001\u007f\u2028\ufeff\ufffd'
/** A text that is easily damaged: quotes, controls, combining marks, right-to-left text, emoji of many code points. */
const odd = `"'\\/${controls} x\u0301 \u05e9\u05dc\u05d5\u05dd ${family} \u{10ffff} </script> ; drop table`

const shared = {
  'a title of 200 characters': { title: 'x'.repeat(200) },
  'a title of 200 emoji': { title: '\u{1F600}'.repeat(200) },
  'a title of one character': { title: '.' },
  'an odd title': { title: odd },
  'an odd text in every field': { description: odd, tags: [odd.slice(0, 40)], metadata: { [odd]: [odd, { odd }] } },
  'a description of 20,000 emoji': { description: '\u{1F600}'.repeat(20_000) },
  'an empty description': { description: '' },
  'a description of null': { description: null },
  '50 tags of 50 characters': { tags: distinct(50, 50, 'x') },
  '50 tags of 50 emoji': { tags: distinct(50, 50, '\u{1F600}') },
  'no tags': { tags: [] },
  'tags that differ in case, inner space or accent': { tags: ['a', 'A', 'a a', 'a  a', '\u00e9', 'e', 'x\u0301'] },
  'metadata of 8 levels': { metadata: nested(8) },
  'metadata of 8 levels of arrays': { metadata: { a: [[[[[[[1]]]]]]] } },
  'metadata of 16 KiB': { metadata: { a: 'x'.repeat(16_384 - '{"a":""}'.length) } },
  'metadata of 16 KiB in two bytes each': { metadata: { a: '\u00e9'.repeat((16_384 - '{"a":""}'.length) / 2) } },
  'metadata of every type': {
    metadata: {
      '': 'no name',
      numbers: [0, -1, 0.1, 1e-7, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1 / 3, 5e-324],
      others: [true, false, '', [], {}],
      constructor: 'a name like others',
      toString: { hasOwnProperty: 1 },
    },
  },
}

const goals = {
  ...shared,
  'a category of 100 emoji': { category: '\u{1F600}'.repeat(100) },
  'the first day': { targetDate: '0001-01-01' },
  'the last day': { targetDate: '9999-12-31' },
  'a leap day': { targetDate: '2028-02-29' },
}

const tasks = {
  ...shared,
  'the most hours': { estimatedHours: 999_999.99, actualHours: 999_999.99 },
  'the fewest hours': { estimatedHours: 0, actualHours: 0.01 },
  'the first and the last day': { dueDate: '0001-01-01' },
  'the last day': { dueDate: '9999-12-31' },
  'the first instant': { dueAt: '0001-01-01T00:00:00.000Z' },
  'the last instant': { dueAt: '9999-12-31T23:59:59.999Z', dueZone: 'Pacific/Kiritimati' },
  'a zone of long name': { dueAt: '2027-03-28T01:00:00.000Z', dueZone: 'America/Argentina/ComodRivadavia' },
}

const cases = [
  ...Object.entries(goals).map(([what, fields]) => ({ what: `a goal with ${what}`, of: 'goals', fields })),
  ...Object.entries(tasks).map(([what, fields]) => ({ what: `a task with ${what}`, of: 'tasks', fields })),
]

test.for(cases)(
  '$what is returned as it was sent by every write and every read',
  async ({ of, fields }, { ada, goalId }) => {
    const collection = of === 'goals' ? '/v1/goals' : `/v1/goals/${goalId}/tasks`
    const created = await ada.post(collection, { title: 'x', ...fields })
    expect(created.status, created.text.slice(0, 300)).toBe(201)
    const other = await ada.post(collection, { title: 'y' })
    const patched = await ada.patch(`/v1/${of}/${other.body.id}`, fields, overwrite)
    expect(patched.status, patched.text.slice(0, 300)).toBe(200)
    const list = await ada.get(`${collection}?limit=2`)
    const history = await ada.get(`/v1/${of}/${created.body.id}/history`)
    const views = [
      created.body,
      patched.body,
      (await ada.get(`/v1/${of}/${created.body.id}`)).body,
      ...(list.body.data ?? []),
      history.body.data?.[0]?.after,
    ]
    expect(views).toHaveLength(6)
    for (const view of views) expect(view).toMatchObject(fields)
    for (const [name, value] of Object.entries(fields))
      for (const view of views) expect((view as never)[name]).toStrictEqual(value)
    // A returned value is accepted again, and changes nothing.
    const version = patched.body.version
    const again = await ada.patch(`/v1/${of}/${other.body.id}`, fields, overwrite)
    expect(again.body).toMatchObject({ ...fields, version })
  },
)

test('a task has a hundred dependencies and a page shows two hundred tasks', async ({ ada }) => {
  const { id } = await ada.createGoal()
  const tasks = await Promise.all(Array.from({ length: 201 }, () => ada.createTask(id)))
  const dependencies = tasks.slice(0, 100).map((task) => task.id)
  const task = await ada.post(`/v1/goals/${id}/tasks`, { title: 'x', dependencies })
  expect(task).toMatchObject({ status: 201, body: { dependencies, status: 'BLOCKED' } })
  const over = await ada.put(`/v1/tasks/${task.body.id}/dependencies/${tasks[100]?.id}`)
  expect(over.body).toMatchObject({ status: 409, code: 'too-many-dependencies' })
  const page = await ada.get(`/v1/goals/${id}/tasks?limit=200`)
  expect(page.body).toMatchObject({ page: { hasMore: true } })
  expect(page.body.data).toHaveLength(200)
})

test('metadata has as many values as 16 KiB hold, and counts the digits of small numbers', async ({ ada }) => {
  const metadataOf = (count: number, value: number) => ({ a: Array.from({ length: count }, () => value) })
  const fits = metadataOf(8_188, 0)
  expect((await ada.post('/v1/goals', { title: 'x', metadata: fits })).body.metadata).toEqual(fits)
  for (const [metadata, bytes] of [
    [metadataOf(8_189, 0), 16_385],
    [metadataOf(60, 1e-300), 18_427],
  ] as const)
    expect((await ada.post('/v1/goals', { title: 'x', metadata })).body.errors).toEqual([
      { pointer: '/metadata', detail: `must have at most 16384 bytes, not ${bytes}` },
    ])
})

test('a body, a key and a version of the largest size are accepted', async ({ api, ada }) => {
  const { id } = await ada.createGoal()
  const body = '{"title":"Padded"}'.padEnd(256 * 1024)
  const padded = await ada.patch(`/v1/goals/${id}`, body, { 'if-match': `"1", "999999999", W/"1"` })
  expect(padded.body).toMatchObject({ title: 'Padded', version: 2 })
  const key = '~'.repeat(255)
  const held = await ada.post(`/v1/goals/${id}/hold`, {}, { 'idempotency-key': key })
  expect(await ada.post(`/v1/goals/${id}/hold`, {}, { 'idempotency-key': key })).toMatchObject({
    text: held.text,
    headers: { 'idempotency-replayed': 'true' },
  })
  const future = await ada.patch(`/v1/goals/${id}`, { title: 'x', version: 2_147_483_647 })
  expect(future.body).toMatchObject({ status: 412, currentVersion: 3 })
  await api.pool.query('update goals set version = 2147483646 where id = $1', [id])
  expect((await ada.patch(`/v1/goals/${id}`, { title: 'x', version: 2_147_483_646 })).body.version).toBe(2_147_483_647)
})

test('an id is accepted in capitals', async ({ ada, goalId }) => {
  const task = await ada.createTask(goalId)
  const blocker = await ada.createTask(goalId)
  const [upper, upperBlocker] = [task.id.toUpperCase(), blocker.id.toUpperCase()]
  expect((await ada.get(`/v1/tasks/${upper}`)).body.id).toBe(task.id)
  expect((await ada.put(`/v1/tasks/${upper}/dependencies/${upperBlocker}`)).body.dependencies).toEqual([blocker.id])
  expect((await ada.delete(`/v1/tasks/${upper}/dependencies/${upperBlocker}`)).body.dependencies).toEqual([])
  const assigned = await ada.patchTask(upper, { assignedTo: ada.id.toUpperCase() })
  expect(assigned.body.assignedTo).toBe(ada.id)
  expect((await ada.get(`/v1/tasks?assignedTo=${ada.id.toUpperCase()}`)).body.data).toHaveLength(1)
  expect((await ada.post(`/v1/goals/${goalId.toUpperCase()}/tasks`, { title: 'x' })).body.goalId).toBe(goalId)
  expect((await ada.delete(`/v1/tasks/${upper}`)).status).toBe(204)
  expect((await ada.actOnTask(upper, 'restore')).status).toBe(200)
})
