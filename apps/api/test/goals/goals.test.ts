import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
let bob: Client
beforeAll(async () => {
  api = await startTestApp()
  ada = await api.as()
  bob = await api.as()
})
afterAll(() => api.close())

const eventsOf = async (id: string) =>
  (
    await api.pool.query(
      'select type, ordinal, aggregate_version as version, before, after, actor_id as actor, correlation_id from events where aggregate_id = $1 order by position',
      [id],
    )
  ).rows

test('a created goal comes back with everything it has, its address and its first version', async () => {
  const created = await ada.post('/v1/goals', {
    title: 'Ship it',
    tags: ['a', 'b'],
    metadata: { k: { deep: 1 } },
    targetDate: '2027-01-31',
    priority: 'HIGH',
  })
  expect(created.status).toBe(201)
  expect(created.headers.etag).toBe('"1"')
  expect(created.headers.location).toBe(`/v1/goals/${created.body.id}`)
  expect(created.body).toMatchObject({
    userId: ada.id,
    title: 'Ship it',
    description: null,
    status: 'ACTIVE',
    priority: 'HIGH',
    targetDate: '2027-01-31',
    tags: ['a', 'b'],
    metadata: { k: { deep: 1 } },
    completedAt: null,
    version: 1,
  })
  expect(created.body.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect((await ada.get(`/v1/goals/${created.body.id}`)).text).toBe(created.text)
})

test('a change, its event, its readers and its deliveries are committed together', async () => {
  const created = await ada.post('/v1/goals', { title: 'With events' })
  const [event, ...others] = await eventsOf(String(created.body.id))
  expect(others).toEqual([])
  expect(event).toMatchObject({
    type: 'goal:created',
    ordinal: 0,
    version: 1,
    before: null,
    after: created.body,
    actor: ada.id,
    correlation_id: created.headers['x-request-id'],
  })
  const { rows } = await api.pool.query(
    `select (select array_agg(consumer order by consumer) from deliveries where event_id = e.id) as consumers, (select array_agg(reader_id) from event_readers where event_id = e.id) as readers
     from events e where aggregate_id = $1`,
    [created.body.id],
  )
  expect(rows).toEqual([{ consumers: ['audit-log', 'cache-invalidation', 'sync'], readers: [ada.id] }])
})

test('what the contract does not name is refused, with the nearest name, and changes nothing', async () => {
  const before = await api.pool.query('select count(*) from goals')
  const refused = await ada.post('/v1/goals', { titel: 'x' })
  expect(refused.status).toBe(422)
  expect(refused.headers['content-type']).toContain('application/problem+json')
  expect(refused.body.errors).toContainEqual({ pointer: '/titel', detail: 'is not known; did you mean title?' })
  for (const body of [
    {},
    { title: '' },
    { title: '  ' },
    { title: 'x'.repeat(201) },
    { title: 1 },
    { title: 'x', tags: ['a', 'a'] },
    { title: 'x', tags: [''] },
    { title: 'x', priority: 'URGENT' },
    { title: 'x', targetDate: '2026-02-30' },
    { title: 'x', userId: bob.id },
    { title: 'x', version: 7 },
    { title: 'x', description: 'x'.repeat(20_001) },
    { title: 'x', metadata: { big: 'x'.repeat(16_384) } },
    { title: 'x', metadata: JSON.parse(`${'{"a":'.repeat(9)}1${'}'.repeat(9)}`) },
    [],
    null,
  ]) {
    expect((await ada.post('/v1/goals', JSON.stringify(body))).status, JSON.stringify(body).slice(0, 60)).toBe(422)
  }
  expect((await api.pool.query('select count(*) from goals')).rows).toEqual(before.rows)
})

test('what Postgres cannot hold is refused before it gets there', async () => {
  for (const body of [
    '{"title":"a\\u0000b"}',
    '{"title":"\\ud800"}',
    '{"title":"x","metadata":{"\\u0000":1}}',
    `{"title":"x","metadata":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
  ]) {
    expect((await ada.post('/v1/goals', body)).status, body.slice(0, 40)).toBe(422)
  }
})

test('a patch needs the version that it is based on', async () => {
  const goal = await ada.goal()
  expect((await ada.patch(`/v1/goals/${goal.id}`, { title: 'New' })).status).toBe(428)
  const patched = await ada.patch(`/v1/goals/${goal.id}`, { title: 'New' }, { 'if-match': '"1"' })
  expect(patched).toMatchObject({ status: 200, headers: { etag: '"2"' }, body: { title: 'New', version: 2 } })
  const late = await ada.patch(`/v1/goals/${goal.id}`, { title: 'Late' }, { 'if-match': '"1"' })
  expect(late).toMatchObject({
    status: 412,
    headers: { etag: '"2"' },
    body: { code: 'version-conflict', currentVersion: 2, current: { title: 'New' } },
  })
  expect((await ada.patch(`/v1/goals/${goal.id}`, { title: 'Weak' }, { 'if-match': 'W/"2"' })).status).toBe(412)
  expect((await ada.patch(`/v1/goals/${goal.id}`, { title: 'In the body', version: 2 })).body.version).toBe(3)
  expect((await ada.patch(`/v1/goals/${goal.id}`, { title: 'Whatever' }, { 'if-match': '*' })).body.version).toBe(4)
})

test('a merge patch leaves what it omits, clears what it nulls and merges the metadata', async () => {
  const goal = await ada.goal({
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
  expect((await ada.patch(`/v1/goals/${goal.id}`, { title: null }, { 'if-match': '*' })).status).toBe(422)
})

test('a patch that changes nothing makes no version and no event, whatever version it names', async () => {
  const goal = await ada.goal({ tags: ['a'] })
  expect(
    await ada.patch(`/v1/goals/${goal.id}`, { title: 'A goal', tags: ['a'] }, { 'if-match': '"99"' }),
  ).toMatchObject({ status: 200, body: { version: 1 } })
  expect(await eventsOf(goal.id)).toHaveLength(1)
})

test('of many writers on one version exactly one wins', async () => {
  const goal = await ada.goal()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      ada.patch(`/v1/goals/${goal.id}`, { title: `Writer ${i}` }, { 'if-match': '"1"' }),
    ),
  )
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array(19).fill(412)])
  expect(await eventsOf(goal.id)).toHaveLength(2)
})

test('concurrent overwriters all get through, one version each', async () => {
  const goal = await ada.goal()
  const answers = await Promise.all(
    Array.from({ length: 4 }, (_, i) =>
      ada.patch(`/v1/goals/${goal.id}`, { title: `Writer ${i}` }, { 'if-match': '*' }),
    ),
  )
  expect(answers.map((answer) => answer.body.version).sort()).toEqual([2, 3, 4, 5])
})

test('completing is announced once, as an update and as a milestone', async () => {
  const goal = await ada.goal()
  const completed = await ada.post(`/v1/goals/${goal.id}/complete`)
  expect(completed.body).toMatchObject({ status: 'COMPLETED', version: 2 })
  expect(completed.body.completedAt).not.toBeNull()
  expect(await ada.post(`/v1/goals/${goal.id}/complete`)).toMatchObject({ status: 200, body: { version: 2 } })
  expect((await eventsOf(goal.id)).map((event) => [event.type, event.ordinal, event.version])).toEqual([
    ['goal:created', 0, 1],
    ['goal:updated', 0, 2],
    ['goal:completed', 1, 2],
  ])
  const reopened = await ada.patch(`/v1/goals/${goal.id}`, { status: 'ACTIVE' }, { 'if-match': '"2"' })
  expect(reopened.body).toMatchObject({ status: 'ACTIVE', completedAt: null, version: 3 })
})

test('a state that may not follow is refused with those that may', async () => {
  const goal = await ada.goal()
  await ada.post(`/v1/goals/${goal.id}/complete`)
  expect(await ada.patch(`/v1/goals/${goal.id}`, { status: 'ON_HOLD' }, { 'if-match': '*' })).toMatchObject({
    status: 409,
    body: { code: 'invalid-transition', allowed: ['ACTIVE'] },
  })
})

test('deleting a goal takes its live tasks along under one cascade, and is recoverable', async () => {
  const goal = await ada.goal()
  const tasks = await Promise.all([ada.task(goal.id), ada.task(goal.id), ada.task(goal.id)])
  await ada.delete(`/v1/tasks/${tasks[0]?.id}`)
  expect((await ada.delete(`/v1/goals/${goal.id}`)).status).toBe(204)
  expect((await ada.delete(`/v1/goals/${goal.id}`)).status).toBe(204)
  const { rows } = await api.pool.query(
    `select aggregate_type, cascade_id from events where type in ('goal:deleted', 'task:deleted') and (aggregate_id = $1 or aggregate_id = any($2))`,
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
  expect(await ada.patch(`/v1/goals/${goal.id}`, { title: 'x' }, { 'if-match': '*' })).toMatchObject({
    status: 409,
    body: { code: 'deleted' },
  })
  expect((await ada.get('/v1/goals?limit=200')).body.data?.map((row) => row.id)).not.toContain(goal.id)
})

test('a stale If-Match keeps a goal from being deleted or completed', async () => {
  const goal = await ada.goal()
  await ada.patch(`/v1/goals/${goal.id}`, { title: 'x' }, { 'if-match': '"1"' })
  expect((await ada.delete(`/v1/goals/${goal.id}`, { 'if-match': '"1"' })).status).toBe(412)
  expect((await ada.post(`/v1/goals/${goal.id}/complete`, undefined, { 'if-match': '"1"' })).status).toBe(412)
  expect((await ada.get(`/v1/goals/${goal.id}`)).body).toMatchObject({ status: 'ACTIVE', version: 2 })
})

test("another user's goal does not exist, for reading, writing, deleting and its history", async () => {
  const goal = await ada.goal()
  expect((await bob.get(`/v1/goals/${goal.id}`)).status).toBe(404)
  expect((await bob.patch(`/v1/goals/${goal.id}`, { title: 'x' }, { 'if-match': '*' })).status).toBe(404)
  expect((await bob.post(`/v1/goals/${goal.id}/complete`)).status).toBe(404)
  expect((await bob.delete(`/v1/goals/${goal.id}`)).status).toBe(404)
  expect((await bob.get(`/v1/goals/${goal.id}/history`)).status).toBe(404)
  expect((await bob.get(`/v1/goals/${goal.id}/tasks`)).status).toBe(404)
  expect((await bob.post(`/v1/goals/${goal.id}/tasks`, { title: 'x' })).status).toBe(404)
  expect((await bob.get('/v1/goals')).body.data).toEqual([])
  expect((await ada.get(`/v1/goals/${randomUUID()}`)).status).toBe(404)
})

test("an assignee sees a goal's header, no more, and changes nothing of it", async () => {
  const goal = await ada.goal({ description: 'private' })
  await ada.task(goal.id, { assignedTo: bob.id })
  const header = await bob.get(`/v1/goals/${goal.id}`)
  expect(header.body).toEqual({ id: goal.id, title: 'A goal', status: 'ACTIVE', targetDate: null })
  // A weak tag, of this view: it names no version.
  expect(header.headers.etag).toMatch(/^W\//)
  expect((await bob.patch(`/v1/goals/${goal.id}`, { title: 'x' }, { 'if-match': '*' })).status).toBe(403)
  expect((await bob.delete(`/v1/goals/${goal.id}`)).status).toBe(403)
  const probes = [
    bob.patch(`/v1/goals/${goal.id}`, {}, { 'if-match': '*' }),
    bob.patch(`/v1/goals/${goal.id}`, { description: 'private' }, { 'if-match': '"9"' }),
    bob.delete(`/v1/goals/${goal.id}`, { 'if-match': '"9"' }),
    bob.post(`/v1/goals/${goal.id}/complete`, undefined, { 'if-match': '"9"' }),
  ]
  for (const refused of await Promise.all(probes)) {
    expect(refused.status).toBe(403)
    expect(refused.text).not.toContain('private')
  }
  expect((await bob.get(`/v1/goals/${goal.id}/history`)).status).toBe(403)
  expect((await bob.post(`/v1/goals/${goal.id}/tasks`, { title: 'x' })).status).toBe(403)
})

test('an administrator reaches what belongs to others, under their own name', async () => {
  const goal = await ada.goal()
  const root = await api.as(randomUUID(), 'admin')
  expect(await root.patch(`/v1/goals/${goal.id}`, { title: 'Seen to' }, { 'if-match': '"1"' })).toMatchObject({
    status: 200,
    body: { userId: ada.id },
  })
  expect((await eventsOf(goal.id)).at(-1)?.actor).toBe(root.id)
})

test('the history is complete at once, with no worker running', async () => {
  const goal = await ada.goal()
  await ada.patch(`/v1/goals/${goal.id}`, { title: 'Two' }, { 'if-match': '"1"' })
  await ada.post(`/v1/goals/${goal.id}/complete`)
  const first = await ada.get(`/v1/goals/${goal.id}/history?limit=2`)
  expect(first.body.data?.map((entry) => entry.version)).toEqual([3, 2])
  expect(first.body.data?.[1]).toMatchObject({
    type: 'goal:updated',
    actorId: ada.id,
    before: { title: 'A goal' },
    after: { title: 'Two' },
  })
  const rest = await ada.get(
    `/v1/goals/${goal.id}/history?limit=2&cursor=${(first.body.page as { nextCursor: string }).nextCursor}`,
  )
  expect(rest.body).toMatchObject({ data: [{ version: 1, before: null }], page: { nextCursor: null, hasMore: false } })
})

test('an unchanged goal is answered with 304', async () => {
  const goal = await ada.goal()
  expect(await ada.get(`/v1/goals/${goal.id}`, { 'if-none-match': '"1"' })).toMatchObject({ status: 304, text: '' })
  expect((await ada.get(`/v1/goals/${goal.id}`, { 'if-none-match': '"0"' })).status).toBe(200)
})

test('updated_at follows a plain UPDATE that knows nothing of it', async () => {
  const goal = await ada.goal()
  await api.pool.query(`update goals set updated_at = '2000-01-01', category = 'by hand' where id = $1`, [goal.id])
  const read = await ada.get(`/v1/goals/${goal.id}`)
  expect(Date.parse(String(read.body.updatedAt))).toBeGreaterThan(Date.parse(String(goal.updatedAt)))
})
