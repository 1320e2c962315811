import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
beforeAll(async () => {
  api = await startTestApp()
  ada = await api.as()
})
afterAll(() => api.close())

const lenient = { prefer: 'handling=lenient' }
const match = (version: number) => ({ 'if-match': `"${version}"` })
const times = <T>(count: number, work: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)))

/** Changes title and priority, one after the other: version 3. */
async function changedTwice() {
  const goal = await ada.goal({ title: 'one', tags: ['a'] })
  await ada.patch(`/v1/goals/${goal.id}`, { title: 'two' }, match(1))
  await ada.patch(`/v1/goals/${goal.id}`, { priority: 'HIGH' }, match(2))
  return `/v1/goals/${goal.id}`
}

test('of fifty writers on one version one is let in and 49 are told what has changed', async () => {
  const goal = await ada.goal()
  const path = `/v1/goals/${goal.id}`
  const answers = await times(50, (i) => ada.patch(path, { title: `Writer ${i}` }, match(1)))
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
  const refused = answers.filter((answer) => answer.status === 412)
  expect(refused).toHaveLength(49)
  for (const { body } of refused)
    expect(body).toMatchObject({ code: 'version-conflict', currentVersion: 2, conflictingFields: ['title'] })
  expect((await ada.get(path)).body.version).toBe(2)
})

test('writers who overwrite whatever is there are all let in, each with a version of its own', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  for (const path of [`/v1/goals/${goal.id}`, `/v1/tasks/${task.id}`]) {
    const answers = await times(40, (i) => ada.patch(path, { title: `Writer ${i}` }, { 'if-match': '*' }))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    const versions = answers.map((answer) => Number(answer.body.version)).sort((a, b) => a - b)
    expect(versions).toEqual(Array.from({ length: 40 }, (_, i) => i + 2))
  }
})

test('a conflict names the fields that changed since, those that both changed, and shows what is there', async () => {
  const path = await changedTwice()
  const refused = await ada.patch(path, { title: 'three', tags: ['b'] }, match(1))
  expect(refused).toMatchObject({
    status: 412,
    headers: { etag: '"3"' },
    body: {
      currentVersion: 3,
      changedFields: ['title', 'priority'],
      conflictingFields: ['title'],
      current: { title: 'two', priority: 'HIGH', version: 3 },
    },
  })
  const later = await ada.patch(path, { title: 'three' }, match(2))
  expect(later.body).toMatchObject({ changedFields: ['priority'], conflictingFields: [] })
})

test('the difference to a version whose event is gone comes from the audit log', async () => {
  const path = await changedTwice()
  const id = path.split('/').at(-1)
  await api.pool.query(
    `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, before, after, occurred_at)
     select aggregate_id, aggregate_version, id, type, actor_id, before::jsonb, after::jsonb, occurred_at from events where aggregate_id = $1`,
    [id],
  )
  await api.pool.query('delete from events where aggregate_id = $1', [id])
  expect((await ada.patch(path, { title: 'x' }, match(1))).body.changedFields).toEqual(['title', 'priority'])
})

test('a version that never was has no difference to it, and is never rebased', async () => {
  const path = await changedTwice()
  const refused = await ada.patch(path, { tags: ['b'] }, { ...match(99), ...lenient })
  expect(refused).toMatchObject({ status: 412, body: { changedFields: null, conflictingFields: null } })
})

test('a lenient change of other fields is carried over, and says so', async () => {
  const path = await changedTwice()
  const rebased = await ada.patch(path, { tags: ['b'] }, { ...match(1), ...lenient })
  expect(rebased).toMatchObject({
    status: 200,
    headers: { 'preference-applied': 'handling=lenient', etag: '"4"' },
    body: { title: 'two', priority: 'HIGH', tags: ['b'], version: 4 },
  })
  const conflicting = await ada.patch(path, { title: 'three' }, { ...match(1), ...lenient })
  expect(conflicting).toMatchObject({ status: 412, body: { conflictingFields: ['title'] } })
  const current = await ada.patch(path, { category: 'x' }, { ...match(4), ...lenient })
  expect(current.headers).not.toHaveProperty('preference-applied')
})

test('a state change, a deletion and an edge honour If-Match when it is sent, leniently too', async () => {
  const goal = await ada.goal()
  const [task, blocker] = [await ada.task(goal.id), await ada.task(goal.id)]
  const path = `/v1/tasks/${task.id}`
  await ada.patch(path, { title: 'two' }, match(1))
  const edge = `${path}/dependencies/${blocker.id}`
  expect((await ada.post(`${path}/start`, {}, match(1))).status).toBe(412)
  expect((await ada.put(edge, {}, match(1))).status).toBe(412)
  expect((await ada.delete(path, match(1))).status).toBe(412)
  expect((await ada.delete(path, { ...match(1), ...lenient })).status).toBe(412)
  expect((await ada.post(`${path}/start`, {}, { ...match(1), ...lenient })).status).toBe(200)
  expect((await ada.put(edge, {}, { ...match(2), ...lenient })).body).toMatchObject({ version: 4, status: 'BLOCKED' })
  expect((await ada.delete(path, match(4))).status).toBe(204)
  expect((await ada.post(`${path}/restore`, {}, match(4))).status).toBe(412)
  expect((await ada.post(`${path}/restore`, {}, match(5))).status).toBe(200)
})

test('what is there already is answered before any precondition', async () => {
  const path = await changedTwice()
  expect((await ada.patch(path, { title: 'two' })).status).toBe(200)
  expect((await ada.patch(path, { title: 'two' }, match(1))).status).toBe(200)
  expect((await ada.patch(path, { title: 'three' })).status).toBe(428)
  await ada.delete(path)
  expect((await ada.delete(path, match(1))).status).toBe(204)
})

test('If-Match takes strong tags of ours only', async () => {
  const goal = await ada.goal()
  const path = `/v1/goals/${goal.id}`
  const patch = async (tag: string) => (await ada.patch(path, { title: 'x' }, { 'if-match': tag })).status
  for (const tag of ['W/"1"', '"01"', '"1.0"', '"abc"', '""', '"2", "3"']) expect(await patch(tag), tag).toBe(412)
  for (const tag of ['1', "'1'", '"1" "2"', 'x, "1"', '']) expect(await patch(tag), tag).toBe(400)
  expect(await patch('"9", "1"')).toBe(200)
})
