import { expect } from 'vitest'
import { type Client, overwrite } from '../support/client.ts'
import { test } from '../support/test.ts'

const lenient = { prefer: 'handling=lenient' }
const match = (version: number) => ({ 'if-match': `"${version}"` })
const times = <T>(count: number, work: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)))

/** Creates a goal and changes its title and then its priority. Returns its address, at version 3. */
async function createChangedTwice(client: Client) {
  const goal = await client.createGoal({ title: 'one', tags: ['a'] })
  await client.patch(`/v1/goals/${goal.id}`, { title: 'two' }, match(1))
  await client.patch(`/v1/goals/${goal.id}`, { priority: 'HIGH' }, match(2))
  return `/v1/goals/${goal.id}`
}

test('one of fifty writers on one version succeeds, and 49 learn what has changed', async ({ ada }) => {
  const goal = await ada.createGoal()
  const path = `/v1/goals/${goal.id}`
  const answers = await times(50, (i) => ada.patch(path, { title: `Writer ${i}` }, match(1)))
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
  const refused = answers.filter((answer) => answer.status === 412)
  expect(refused).toHaveLength(49)
  for (const { body } of refused)
    expect(body).toMatchObject({ code: 'version-conflict', currentVersion: 2, conflictingFields: ['title'] })
  expect((await ada.get(path)).body.version).toBe(2)
})

test('every writer that overwrites gets a version of its own', async ({ ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  for (const path of [`/v1/goals/${goal.id}`, `/v1/tasks/${task.id}`]) {
    const answers = await times(40, (i) => ada.patch(path, { title: `Writer ${i}` }, overwrite))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    const versions = answers.map((answer) => Number(answer.body.version)).sort((a, b) => a - b)
    expect(versions).toEqual(Array.from({ length: 40 }, (_, i) => i + 2))
  }
})

test('a conflict names the changed and the conflicting fields, and shows the current state', async ({ ada }) => {
  const path = await createChangedTwice(ada)
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
  const newest = await ada.patch(path, { title: 'three' }, { 'if-match': '"2", "1"' })
  expect(newest.body).toMatchObject({ changedFields: ['priority'] })
  expect((await ada.patch(path, { title: 'three', version: 2 })).body).toMatchObject({ changedFields: ['priority'] })
  const later = await ada.patch(path, { title: 'three' }, match(2))
  expect(later.body).toMatchObject({ changedFields: ['priority'], conflictingFields: [] })
})

test('a conflict is computed from the audit log when the event of the version is gone', async ({ api, ada }) => {
  const path = await createChangedTwice(ada)
  const id = path.split('/').at(-1)
  await api.pool.query(
    `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, before, after, occurred_at)
     select aggregate_id, aggregate_version, id, type, actor_id,
            after::jsonb || before::jsonb, after::jsonb, occurred_at
     from events where aggregate_id = $1`,
    [id],
  )
  await api.pool.query('delete from events where aggregate_id = $1', [id])
  expect((await ada.patch(path, { title: 'x' }, match(1))).body.changedFields).toEqual(['title', 'priority'])
})

test('a conflict with a version that never existed has no difference, and is never rebased', async ({ ada }) => {
  const path = await createChangedTwice(ada)
  const refused = await ada.patch(path, { tags: ['b'] }, { ...match(99), ...lenient })
  expect(refused).toMatchObject({ status: 412, body: { changedFields: null, conflictingFields: null } })
})

test('a lenient change is carried over when the other writers changed other fields', async ({ ada }) => {
  const path = await createChangedTwice(ada)
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

test('a verb, a deletion and a dependency honour If-Match when it is sent, lenient or not', async ({ ada }) => {
  const goal = await ada.createGoal()
  const [task, blocker] = [await ada.createTask(goal.id), await ada.createTask(goal.id)]
  const path = `/v1/tasks/${task.id}`
  await ada.patch(path, { title: 'two' }, match(1))
  const dependency = `${path}/dependencies/${blocker.id}`
  expect((await ada.post(`${path}/start`, {}, match(1))).status).toBe(412)
  expect((await ada.put(dependency, {}, match(1))).status).toBe(412)
  expect((await ada.delete(path, match(1))).status).toBe(412)
  expect((await ada.delete(path, { ...match(1), ...lenient })).status).toBe(412)
  expect((await ada.post(`${path}/start`, {}, { ...match(1), ...lenient })).status).toBe(200)
  expect((await ada.put(dependency, {}, { ...match(2), ...lenient })).body).toMatchObject({
    version: 4,
    status: 'BLOCKED',
  })
  expect((await ada.delete(path, match(4))).status).toBe(204)
  expect((await ada.post(`${path}/restore`, {}, match(4))).status).toBe(412)
  expect((await ada.post(`${path}/restore`, {}, match(5))).status).toBe(200)
})

test('a change that is already in place is answered before any precondition', async ({ ada }) => {
  const path = await createChangedTwice(ada)
  expect((await ada.patch(path, { title: 'two' })).status).toBe(200)
  expect((await ada.patch(path, { title: 'two' }, match(1))).status).toBe(200)
  expect((await ada.patch(path, { title: 'three' })).status).toBe(428)
  await ada.delete(path)
  expect((await ada.delete(path, match(1))).status).toBe(204)
})

test('If-Match accepts only strong tags of this API', async ({ ada }) => {
  const goal = await ada.createGoal()
  const path = `/v1/goals/${goal.id}`
  const patch = async (tag: string) => (await ada.patch(path, { title: 'x' }, { 'if-match': tag })).status
  for (const tag of ['W/"1"', '"01"', '"1.0"', '"abc"', '""', '"2", "3"']) expect(await patch(tag), tag).toBe(412)
  for (const tag of ['1', "'1'", '"1" "2"', 'x, "1"', '']) expect(await patch(tag), tag).toBe(400)
  expect(await patch('"9", "1"')).toBe(200)
})
