import { expect } from 'vitest'
import { test } from '../support/test.ts'

test('a new goal is returned with every field, its address and its first version', async ({ ada }) => {
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

test('a new goal is committed together with its event, readers and deliveries', async ({ api, ada }) => {
  // After the commit the API finishes the delivery to the cache.
  const { publish } = api.deps
  api.deps.publish = async () => undefined
  const created = await ada.post('/v1/goals', { title: 'With events' })
  api.deps.publish = publish
  const [event, ...others] = await api.eventsOf(String(created.body.id))
  expect(others).toEqual([])
  const { view: _view, ...after } = created.body
  expect(event).toMatchObject({
    type: 'goal:created',
    ordinal: 0,
    version: 1,
    before: null,
    after,
    actor: ada.id,
    correlationId: created.headers['x-request-id'],
  })
  const { rows } = await api.pool.query(
    `select (select array_agg(consumer order by consumer) from deliveries where event_id = e.id) as consumers,
            (select array_agg(reader_id) from event_readers where event_id = e.id) as readers
     from events e where aggregate_id = $1`,
    [created.body.id],
  )
  expect(rows).toEqual([{ consumers: ['audit-log', 'cache-invalidation', 'sync'], readers: [ada.id] }])
})

test('a new goal is refused when a field is unknown or invalid, and nothing is written', async ({ api, ada, bob }) => {
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

test('a new goal gets 422 when Postgres cannot store it', async ({ ada }) => {
  for (const body of [
    '{"title":"a\\u0000b"}',
    '{"title":"\\ud800"}',
    '{"title":"x","metadata":{"\\u0000":1}}',
    `{"title":"x","metadata":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
  ]) {
    expect((await ada.post('/v1/goals', body)).status, body.slice(0, 40)).toBe(422)
  }
})

test('the history of a goal is complete at once when no worker runs', async ({ ada }) => {
  const goal = await ada.createGoal()
  await ada.patchGoal(goal.id, { title: 'Two' }, { 'if-match': '"1"' })
  await ada.actOnGoal(goal.id, 'complete')
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

test('the history shows the state before each version when only some audit rows store it', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  for (const version of [1, 2, 3, 4])
    await ada.patchGoal(goal.id, { title: `Title ${version + 1}` }, { 'if-match': `"${version}"` })
  await api.pool.query(
    `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, before, after, occurred_at)
     select aggregate_id, aggregate_version, id, type, actor_id,
            case when aggregate_version = 3 then after::jsonb || before::jsonb end, after::jsonb, occurred_at
     from events where aggregate_id = $1 and aggregate_version <= 4`,
    [goal.id],
  )
  const titles: unknown[] = []
  for (let page = '?limit=2'; page !== ''; ) {
    const { body } = await ada.get(`/v1/goals/${goal.id}/history${page}`)
    titles.push(...(body.data ?? []).map(({ before }) => (before as { title: string } | null)?.title))
    const { nextCursor } = body.page as { nextCursor: string | null }
    page = nextCursor === null ? '' : `?limit=2&cursor=${nextCursor}`
  }
  expect(titles).toEqual(['Title 4', 'Title 3', 'Title 2', 'A goal', undefined])
})

test('a goal gets 304 when If-None-Match names its version', async ({ ada }) => {
  const goal = await ada.createGoal()
  expect(await ada.get(`/v1/goals/${goal.id}`, { 'if-none-match': '"1"' })).toMatchObject({ status: 304, text: '' })
  expect((await ada.get(`/v1/goals/${goal.id}`, { 'if-none-match': '"0"' })).status).toBe(200)
})
