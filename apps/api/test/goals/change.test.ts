import { expect } from 'vitest'
import { overwrite } from '../support/client.ts'
import { test } from '../support/test.ts'

test('a patch gets 428 without a version and 412 with a stale one', async ({ ada }) => {
  const goal = await ada.createGoal()
  expect((await ada.patch(`/v1/goals/${goal.id}`, { title: 'New' })).status).toBe(428)
  const patched = await ada.patchGoal(goal.id, { title: 'New' }, { 'if-match': '"1"' })
  expect(patched).toMatchObject({ status: 200, headers: { etag: '"2"' }, body: { title: 'New', version: 2 } })
  const late = await ada.patchGoal(goal.id, { title: 'Late' }, { 'if-match': '"1"' })
  expect(late).toMatchObject({
    status: 412,
    headers: { etag: '"2"' },
    body: { code: 'version-conflict', currentVersion: 2, current: { title: 'New' } },
  })
  expect((await ada.patchGoal(goal.id, { title: 'Weak' }, { 'if-match': 'W/"2"' })).status).toBe(412)
  expect((await ada.patch(`/v1/goals/${goal.id}`, { title: 'In the body', version: 2 })).body.version).toBe(3)
  expect((await ada.patchGoal(goal.id, { title: 'Overwritten' })).body.version).toBe(4)
})

test('a merge patch keeps omitted fields, clears null fields and merges the metadata', async ({ ada }) => {
  const goal = await ada.createGoal({
    description: 'long',
    category: 'work',
    metadata: { keep: 1, drop: 2, nested: { a: 1 } },
  })
  const patched = await ada.patch(
    `/v1/goals/${goal.id}`,
    { description: null, metadata: { drop: null, nested: { b: 2 } } },
    { 'if-match': '"1"', 'content-type': 'application/merge-patch+json' },
  )
  expect(patched.body).toMatchObject({
    title: 'A goal',
    description: null,
    category: 'work',
    metadata: { keep: 1, nested: { a: 1, b: 2 } },
  })
  expect(patched.body.metadata).not.toHaveProperty('drop')
  expect((await ada.patchGoal(goal.id, { title: null })).status).toBe(422)
})

test('a patch that changes nothing creates no version and no event, at any version', async ({ api, ada }) => {
  const goal = await ada.createGoal({ tags: ['a'] })
  expect(await ada.patchGoal(goal.id, { title: 'A goal', tags: ['a'] }, { 'if-match': '"99"' })).toMatchObject({
    status: 200,
    body: { version: 1 },
  })
  expect(await api.eventsOf(goal.id)).toHaveLength(1)
})

test('exactly one of twenty writers succeeds when all of them patch the same version', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      ada.patch(`/v1/goals/${goal.id}`, { title: `Writer ${i}` }, { 'if-match': '"1"' }),
    ),
  )
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array(19).fill(412)])
  expect(await api.eventsOf(goal.id)).toHaveLength(2)
})

test('every writer gets a version of its own when all of them send If-Match: *', async ({ ada }) => {
  const goal = await ada.createGoal()
  const answers = await Promise.all(
    Array.from({ length: 4 }, (_, i) => ada.patch(`/v1/goals/${goal.id}`, { title: `Writer ${i}` }, overwrite)),
  )
  expect(answers.map((answer) => answer.body.version).sort()).toEqual([2, 3, 4, 5])
})

test('completing a goal emits one update and one milestone, even when it is repeated', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  const completed = await ada.actOnGoal(goal.id, 'complete')
  expect(completed.body).toMatchObject({ status: 'COMPLETED', version: 2 })
  expect(completed.body.completedAt).not.toBeNull()
  expect(await ada.actOnGoal(goal.id, 'complete')).toMatchObject({ status: 200, body: { version: 2 } })
  expect((await api.eventsOf(goal.id)).map((event) => [event.type, event.ordinal, event.version])).toEqual([
    ['goal:created', 0, 1],
    ['goal:updated', 0, 2],
    ['goal:completed', 1, 2],
  ])
  const reopened = await ada.patchGoal(goal.id, { status: 'ACTIVE' }, { 'if-match': '"2"' })
  expect(reopened.body).toMatchObject({ status: 'ACTIVE', completedAt: null, version: 3 })
})

test('a forbidden transition is refused with the allowed ones', async ({ ada }) => {
  const goal = await ada.createGoal()
  await ada.actOnGoal(goal.id, 'complete')
  expect(await ada.patchGoal(goal.id, { status: 'ON_HOLD' })).toMatchObject({
    status: 409,
    body: { code: 'invalid-transition', allowed: ['ACTIVE'] },
  })
})

test('deleting a goal deletes its live tasks in one cascade, and is recoverable', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  const tasks = await Promise.all([ada.createTask(goal.id), ada.createTask(goal.id), ada.createTask(goal.id)])
  await ada.delete(`/v1/tasks/${tasks[0]?.id}`)
  expect((await ada.delete(`/v1/goals/${goal.id}`)).status).toBe(204)
  expect((await ada.delete(`/v1/goals/${goal.id}`)).status).toBe(204)
  const { rows } = await api.pool.query(
    `select aggregate_type, cascade_id from events
     where type in ('goal:deleted', 'task:deleted') and (aggregate_id = $1 or aggregate_id = any($2))`,
    [goal.id, tasks.map((task) => task.id)],
  )
  const cascade = rows.filter((row) => row.cascade_id !== null)
  expect(cascade.map((row) => row.aggregate_type).sort()).toEqual(['goal', 'task', 'task'])
  expect(new Set(cascade.map((row) => row.cascade_id)).size).toBe(1)
  expect(rows).toHaveLength(4)
  const gone = await ada.get(`/v1/goals/${goal.id}`)
  expect(gone).toMatchObject({ status: 410, body: { code: 'gone' } })
  expect(Date.parse(String(gone.body.purgeAt)) - Date.parse(String(gone.body.deletedAt))).toBe(30 * 86_400_000)
  expect((await ada.get(`/v1/goals/${goal.id}?includeDeleted=true`)).status).toBe(200)
  expect(await ada.patchGoal(goal.id, { title: 'x' })).toMatchObject({
    status: 409,
    body: { code: 'deleted' },
  })
  expect((await ada.get('/v1/goals?limit=200')).body.data?.map((row) => row.id)).not.toContain(goal.id)
})

test('a goal is neither deleted nor completed when If-Match is stale', async ({ ada }) => {
  const goal = await ada.createGoal()
  await ada.patchGoal(goal.id, { title: 'x' }, { 'if-match': '"1"' })
  expect((await ada.delete(`/v1/goals/${goal.id}`, { 'if-match': '"1"' })).status).toBe(412)
  expect((await ada.post(`/v1/goals/${goal.id}/complete`, undefined, { 'if-match': '"1"' })).status).toBe(412)
  expect((await ada.get(`/v1/goals/${goal.id}`)).body).toMatchObject({ status: 'ACTIVE', version: 2 })
})

test('updated_at is the time of the write even when an UPDATE sets another value', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  await api.pool.query(`update goals set updated_at = '2000-01-01', category = 'by hand' where id = $1`, [goal.id])
  const read = await ada.get(`/v1/goals/${goal.id}`)
  expect(Date.parse(String(read.body.updatedAt))).toBeGreaterThan(Date.parse(String(goal.updatedAt)))
})
