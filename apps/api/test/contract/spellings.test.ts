import { createHash, randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { overwrite } from '../support/client.ts'
import { test } from '../support/test.ts'

test('text is stored in NFC and trimmed, and a filter finds it in any spelling', async ({ ada }) => {
  const goal = await ada.createGoal({ title: ' Cafe\u0301 ', category: 'Cafe\u0301', tags: ['re\u0301sume\u0301'] })
  expect(goal).toMatchObject({ title: 'Caf\u00e9', category: 'Caf\u00e9', tags: ['r\u00e9sum\u00e9'] })
  for (const query of ['tag=re%CC%81sume%CC%81', 'tag=r%C3%A9sum%C3%A9', 'category=%20Cafe%CC%81']) {
    const { body } = await ada.get(`/v1/goals?${query}`)
    expect(
      body.data?.map(({ id }) => id),
      query,
    ).toEqual([goal.id])
  }
  const task = await ada.createTask(goal.id, { title: ' Cafe\u0301 ', tags: ['re\u0301sume\u0301'] })
  expect(task).toMatchObject({ title: 'Caf\u00e9', tags: ['r\u00e9sum\u00e9'] })
  const found = await ada.get(`/v1/goals/${goal.id}/tasks?tag=re%CC%81sume%CC%81`)
  expect(found.body.data?.map(({ id }) => id)).toEqual([task.id])
})

test('a patch with another spelling of the same text changes nothing', async ({ ada }) => {
  const goal = await ada.createGoal({ title: 'Caf\u00e9' })
  const task = await ada.createTask(goal.id, { title: 'Caf\u00e9' })
  for (const patched of [
    await ada.patchGoal(goal.id, { title: 'Cafe\u0301 ' }),
    await ada.patchTask(task.id, { title: 'Cafe\u0301 ' }),
  ])
    expect(patched.body).toMatchObject({ version: 1, title: 'Caf\u00e9' })
})

test.for([
  ['europe/berlin', 'Europe/Berlin'],
  ['AMERICA/LOS_ANGELES', 'America/Los_Angeles'],
  ['us/pacific', 'US/Pacific'],
  ['Asia/Kolkata', 'Asia/Kolkata'],
  ['utc', 'UTC'],
] as const)('the zone %s is stored as %s', async ([given, stored], { ada }) => {
  const { id } = await ada.createGoal()
  const task = await ada.createTask(id, { dueAt: '2027-03-01T12:00:00Z', dueZone: given })
  expect(task.dueZone).toBe(stored)
})

test.for(['"2-gzip"', '"2--gzip"', '"2;gzip"', '"2-br"', '"1", "2-gzip"'])(
  'If-Match %s names version 2 when a proxy has added its coding',
  async (tag, { ada }) => {
    const { id } = await ada.createGoal()
    await ada.patchGoal(id, { title: 'B' }, { 'if-match': '"1"' })
    expect((await ada.patchGoal(id, { title: 'C' }, { 'if-match': tag })).status).toBe(200)
  },
)

test.for(['"1-gzip"', '"3-gzip"'])('If-Match %s is stale when the version is 2', async (tag, { ada }) => {
  const { id } = await ada.createGoal()
  await ada.patchGoal(id, { title: 'B' })
  expect((await ada.patchGoal(id, { title: 'C' }, { 'if-match': tag })).status).toBe(412)
})

test.for(['"1-gzip"', 'W/"1-gzip"', '"0", "1;br"'])(
  'If-None-Match %s names version 1 when a proxy has added its coding',
  async (tag, { ada }) => {
    const { id } = await ada.createGoal()
    expect((await ada.get(`/v1/goals/${id}`, { 'if-none-match': tag })).status).toBe(304)
    await ada.patchGoal(id, { title: 'B' })
    expect((await ada.get(`/v1/goals/${id}`, { 'if-none-match': tag })).status).toBe(200)
  },
)

test.for(['"abc"', '"1-lzma"', '"0"', '"1-gzip-gzip"'])(
  'a 412 names the current tag and a proxy as the reason when the service never issued the tag %s',
  async (tag, { ada }) => {
    const { id } = await ada.createGoal()
    const refused = await ada.patchGoal(id, { title: 'B' }, { 'if-match': tag })
    expect(refused.body).toMatchObject({ status: 412, detail: expect.stringMatching(/A proxy .* current tag is "1"/) })
  },
)

test('a keyed request is repeated when its members come in another order and its id in another case', async ({
  ada,
}) => {
  const goal = await ada.createGoal()
  const headers = { 'idempotency-key': randomUUID(), ...overwrite }
  const patch = (id: string, body: string) => ada.patch(`/v1/goals/${id}`, body, headers)
  const first = await patch(goal.id, '{"title":"A","metadata":{"a":1,"b":{"c":2,"d":[3,4]}}}')
  expect(first.status).toBe(200)
  const again = await patch(goal.id.toUpperCase(), '{ "metadata": {"b":{"d":[3,4],"c":2},"a":1}, "title": "A" }')
  expect(again).toMatchObject({ status: 200, text: first.text, headers: { 'idempotency-replayed': 'true' } })
  const other = await patch(goal.id, '{"title":"A","metadata":{"a":1,"b":{"c":2,"d":[4,3]}}}')
  expect(other.body).toMatchObject({ status: 422, code: 'idempotency-key-reused' })
})

test('a keyed request is repeated when version 0.2 has stored it', async ({ api, ada }) => {
  const headers = { 'idempotency-key': randomUUID() }
  const first = await ada.post('/v1/goals', '{"title":"A","description":"B"}', headers)
  const former = createHash('sha256').update('[{},{"title":"A","description":"B"},false]').digest('base64url')
  await api.pool.query('update idempotency_keys set body_hash = $2 where key = $1', [
    headers['idempotency-key'],
    former,
  ])
  const again = await ada.post('/v1/goals', '{"title":"A","description":"B"}', headers)
  expect(again).toMatchObject({ status: 201, text: first.text, headers: { 'idempotency-replayed': 'true' } })
})
