import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect, vi } from 'vitest'
import { createKey } from '../../src/authentication/key-format.ts'
import { createLastUses } from '../../src/authentication/last-uses.ts'
import { overwrite } from '../support/client.ts'
import { test as base } from '../support/test.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const scopes = ['goals:read', 'goals:write']

const test = base
  .extend('bearer', { scope: 'file' }, ({ api }) => bearerOf(api))
  /** Creates an API key of ada. */
  .extend('create', { scope: 'file' }, ({ ada }) => async (fields: object = {}) => {
    const { status, body, text } = await ada.post('/v1/api-keys', { name: 'Import', scopes, ...fields })
    expect(status, text).toBe(201)
    return body as { id: string; key: string; name: string }
  })

/** Returns a function that sends a request with a key in place of a token. */
const bearerOf =
  ({ app }: TestApp) =>
  (key: string, method: 'GET' | 'POST' | 'PATCH' | 'DELETE' = 'GET', url = '/v1/goals', payload?: object) =>
    app.inject({
      ...{ method, url, headers: { authorization: `Bearer ${key}`, 'if-match': '*' } },
      ...(payload && { payload }),
    })

test('the response to a create contains the key once, and no other response and no table does', async ({
  api,
  ada,
}) => {
  const created = await ada.post('/v1/api-keys', { name: ' Import ', scopes, expiresAt: '2099-01-01T00:00:00Z' })
  const { key, ...fields } = created.body
  expect(fields).toEqual({
    ...{ id: expect.any(String), name: 'Import', scopes, version: 1 },
    ...{ createdAt: instant, expiresAt: '2099-01-01T00:00:00.000Z', lastUsedAt: null, revokedAt: null },
  })
  expect(created.headers.location).toBe(`/v1/api-keys/${fields.id}`)
  expect(key).toMatch(new RegExp(`^gtk_${String(fields.id).replaceAll('-', '')}_`))
  expect((await ada.get(`/v1/api-keys/${fields.id}`)).body).toEqual(fields)
  expect((await ada.get('/v1/api-keys?limit=1')).body.data).toEqual([fields])
  const { rows } = await api.pool.query('select api_keys::text as row from api_keys')
  for (const { row } of rows) expect(row).not.toContain(String(key).slice(37, 60))
})

test('a repeated create leaves the key out, and the stored response does not have it', async ({ api, ada }) => {
  const create = () => ada.post('/v1/api-keys', { name: 'Keyed', scopes }, { 'idempotency-key': 'one-key' })
  const [first, second] = [await create(), await create()]
  const { key, ...fields } = first.body
  expect(key).toMatch(/^gtk_/)
  expect([second.body, second.headers['idempotency-replayed']]).toEqual([fields, 'true'])
  const { rows } = await api.pool.query('select body from idempotency_keys')
  expect(rows.map(({ body }) => body).join()).not.toContain('gtk_')
})

test('a key acts as its creator within its scopes, and the history names the key', async ({ ada, create, bearer }) => {
  const { id, key } = await create()
  const goal = (await bearer(key, 'POST', '/v1/goals', { title: 'By a key' })).json()
  expect(goal.userId).toBe(ada.id)
  expect((await bearer(key, 'POST', `/v1/goals/${goal.id}/hold`)).statusCode).toBe(200)
  expect((await bearer(key, 'GET', '/v1/tasks')).json()).toMatchObject({ status: 403, code: 'insufficient-scope' })
  await ada.actOnGoal(goal.id, 'resume')
  const history = (await ada.get(`/v1/goals/${goal.id}/history`)).body.data
  expect(history?.map(({ via, actorId }) => [via, actorId])).toEqual([null, id, id].map((via) => [via, ada.id]))
})

test('the events of a cascade name the key that caused it', async ({ api, ada, create, bearer }) => {
  const { id, key } = await create()
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  const dependent = await ada.createTask((await ada.createGoal()).id, { dependencies: [task.id] })
  expect((await bearer(key, 'DELETE', `/v1/goals/${goal.id}`)).statusCode).toBe(204)
  const { rows } = await api.pool.query(
    'select aggregate_id as entity, via from events where aggregate_id = any($1) and via is not null',
    [[goal.id, task.id, dependent.id]],
  )
  expect(new Set(rows.map(({ entity }) => entity))).toEqual(new Set([goal.id, task.id, dependent.id]))
  for (const { via } of rows) expect(via).toBe(id)
})

test('a key manages no keys', async ({ create, bearer }) => {
  const { id, key } = await create({ scopes: ['api-keys:read'] })
  expect((await bearer(key, 'GET', '/v1/api-keys')).statusCode).toBe(200)
  expect((await bearer(key, 'POST', '/v1/api-keys', { name: 'x', scopes })).json().code).toBe('insufficient-scope')
  const address = `/v1/api-keys/${id}`
  expect((await bearer(key, 'DELETE', address)).statusCode).toBe(403)
  expect((await bearer(key)).statusCode).toBe(403)
})

test('a key with the scope admin manages no keys', async ({ admin, bearer }) => {
  const { body } = await admin.post('/v1/api-keys', { name: 'Admin', scopes: ['admin'] })
  const answer = await bearer(String(body.key), 'PATCH', `/v1/api-keys/${body.id}`, { name: 'x' })
  expect(answer.json()).toMatchObject({ status: 403, code: 'forbidden' })
  expect((await bearer(String(body.key), 'GET', `/v1/api-keys/${body.id}`)).statusCode).toBe(200)
})

test('a key gets no scope that the token of its creator lacks', async ({ api }) => {
  const user = await api.as(randomUUID(), 'api-keys:write goals:read')
  const refused = await user.post('/v1/api-keys', { name: 'x', scopes: ['goals:read', 'goals:write', 'admin'] })
  expect(refused).toMatchObject({ status: 422, body: { code: 'invalid-body' } })
  expect(refused.body.errors).toEqual([
    { pointer: '/scopes/1', detail: 'is goals:write, which your token lacks' },
    { pointer: '/scopes/2', detail: 'is admin, which your token lacks' },
  ])
  expect((await user.post('/v1/api-keys', { name: 'x', scopes: ['goals:read'] })).status).toBe(201)
})

test('a revoked key is refused at once by the process that revoked it', async ({ ada, create, bearer }) => {
  const { id, key } = await create()
  const [before] = await Promise.all([bearer(key), bearer(key)])
  expect(before.statusCode).toBe(200)
  expect((await ada.delete(`/v1/api-keys/${id}`)).status).toBe(204)
  const refused = await bearer(key)
  expect(refused.json()).toMatchObject({ status: 401, detail: 'The API key was revoked.' })
  expect(refused.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
  expect((await ada.delete(`/v1/api-keys/${id}`)).status).toBe(204)
  expect((await ada.get(`/v1/api-keys/${id}`)).body).toMatchObject({ revokedAt: instant, version: 2 })
})

test('a key is usable on every process at once, and refused on the others when their cache ends', async ({
  api,
  ada,
  create,
}) => {
  const other = await startTestApp({ database: api.database, redis: api.redis, cachedKeyMs: 1 })
  try {
    const { id, key } = await create()
    expect((await bearerOf(other)(key)).statusCode).toBe(200)
    await ada.delete(`/v1/api-keys/${id}`)
    await until(async () => (await bearerOf(other)(key)).statusCode === 401)
  } finally {
    await other.close()
  }
})

test('an expired key is refused, also when it was cached before', async ({ create, bearer }) => {
  const { key } = await create({ expiresAt: '2099-01-01T00:00:00Z' })
  expect((await bearer(key)).statusCode).toBe(200)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2099-01-01T00:00:00Z') })
  try {
    const detail = 'The API key expired at 2099-01-01T00:00:00.000Z.'
    expect((await bearer(key)).json()).toMatchObject({ status: 401, detail })
  } finally {
    vi.useRealTimers()
  }
})

test('a key is refused when it is misspelled, unknown or has another secret', async ({ create, bearer }) => {
  const [one, two] = [await create(), await create()]
  const bad = {
    [one.key.slice(0, -1)]: 'The API key is incomplete or misspelled: its checksum does not match.',
    [one.key.slice(0, 37) + two.key.slice(37)]: 'The API key is incomplete or misspelled: its checksum does not match.',
    [createKey(one.id).key]: 'The API key is unknown.',
    [createKey(randomUUID()).key]: 'The API key is unknown.',
  }
  for (const [key, detail] of Object.entries(bad))
    expect((await bearer(key)).json()).toMatchObject({ status: 401, code: 'unauthenticated', detail })
})

test('the last use of a key is stored in batches, and at the end of the process', async ({ api, ada, create }) => {
  const { id, key } = await create()
  const other = await startTestApp({ database: api.database, redis: api.redis })
  await Promise.all(Array.from({ length: 20 }, () => bearerOf(other)(key)))
  expect((await ada.get(`/v1/api-keys/${id}`)).body.lastUsedAt).toBeNull()
  await other.close()
  expect((await ada.get(`/v1/api-keys/${id}`)).body).toMatchObject({ lastUsedAt: instant, version: 1 })
})

test('a statement that cannot record the last uses is reported', async ({ api }) => {
  const reported: unknown[] = []
  const uses = createLastUses(api.pool, 100_000, (err) => reported.push(err))
  uses.record('no UUID')
  await uses.close()
  expect(reported).toEqual([expect.objectContaining({ code: '22P02' })])
})

test('a rename needs the version, and changes nothing else', async ({ ada, create }) => {
  const { id, key, ...fields } = await create()
  const url = `/v1/api-keys/${id}`
  expect((await ada.patch(url, { name: 'x' })).status).toBe(428)
  expect(await ada.patch(url, { name: 'x', version: 7 })).toMatchObject({ status: 412, body: { currentVersion: 1 } })
  expect(await ada.patch(url, { name: ' New ', version: 1 })).toMatchObject({
    ...{ status: 200, headers: { etag: '"2"' } },
    body: { ...fields, name: 'New', version: 2 },
  })
  expect((await ada.patch(url, {}, overwrite)).body.version).toBe(2)
})

test('a name is refused when no character of it is visible, or when its composed form is too long', async ({
  ada,
  create,
}) => {
  const { id } = await create()
  // The composed form of U+0958 has two characters.
  const cases = {
    '\u200b': 'has no visible character',
    ['\u0958'.repeat(51)]: 'must have at most 100 characters, not 102',
  }
  for (const [name, detail] of Object.entries(cases)) {
    const refused = { status: 422, body: { errors: [{ pointer: '/name', detail }] } }
    expect(await ada.post('/v1/api-keys', { name, scopes })).toMatchObject(refused)
    expect(await ada.patch(`/v1/api-keys/${id}`, { name, version: 1 })).toMatchObject(refused)
  }
  expect((await ada.get(`/v1/api-keys/${id}`)).body).toMatchObject({ name: 'Import', version: 1 })
})

test('a user has at most a hundred usable keys, also when they are created at once', async ({ api }) => {
  const user = await api.as()
  await api.pool.query(
    `insert into api_keys (id, user_id, name, scopes, secret_hash, revoked_at)
     select gen_random_uuid(), $1, 'x', '{goals:read}', '\\x00', case when n <= 50 then now() end
     from generate_series(1, 145) n`,
    [user.id],
  )
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => user.post('/v1/api-keys', { name: 'x', scopes: ['goals:read'] })),
  )
  expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(5).fill(201), ...Array(5).fill(409)])
  expect(answers.find(({ status }) => status === 409)?.body.code).toBe('too-many-api-keys')
})
