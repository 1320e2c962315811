import { randomUUID } from 'node:crypto'
import { userScopes } from '@goals-tasks/http'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { test as base } from '../support/test.ts'
import { startTestApp } from '../support/test-app.ts'
import { testSealer } from '../support/webhooks.ts'

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const url = 'https://hooks.example/in'

const test = base
  /** Creates a webhook, of ada by default. */
  .extend('create', { scope: 'file' }, ({ ada }) => async (fields: object = {}, user: Client = ada) => {
    const { status, body, text } = await user.post('/v1/webhooks', { url, ...fields })
    expect(status, text).toBe(201)
    return body as { id: string; secret: string; version: number }
  })
  /** Returns the row of a webhook with its opened secrets. */
  .extend('rowOf', { scope: 'file' }, ({ api }) => async (id: string) => {
    const { rows } = await api.pool.query('select * from webhooks where id = $1', [id])
    const open = (sealed: Buffer | null) => sealed && testSealer.open(sealed, id).toString()
    return { ...rows[0], secret: open(rows[0].secret), previousSecret: open(rows[0].previous_secret) }
  })

test.beforeEach(({ api }) => api.pool.query('delete from webhooks'))

test('the response to a create has the secret once, and the table has it encrypted', async ({ api, ada, rowOf }) => {
  const fields = { url, description: 'x', types: ['task:completed', 'goal:created'], filter: 'changed(status)' }
  const created = await ada.post('/v1/webhooks', fields)
  const { secret, ...webhook } = created.body
  expect(webhook).toEqual({
    ...{ id: expect.any(String), ...fields, enabled: true, health: 'healthy', version: 1 },
    ...{ disabledCause: null, disabledAt: null, failingSince: null, suspendedUntil: null, pausedAt: null },
    previousSecretUntil: null,
    ...{ createdAt: instant, updatedAt: instant },
  })
  expect(created.headers.location).toBe(`/v1/webhooks/${webhook.id}`)
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect((await ada.get(`/v1/webhooks/${webhook.id}`)).body).toEqual(webhook)
  expect((await ada.get('/v1/webhooks')).body.data).toEqual([webhook])
  expect((await rowOf(String(webhook.id))).secret).toBe(secret)
  const { rows } = await api.pool.query('select secret from webhooks')
  expect(rows[0].secret.includes(Buffer.from(String(secret).slice(6), 'base64'))).toBe(false)
  expect(rows[0].secret.includes(String(secret))).toBe(false)
})

test('a repeated create leaves the secret out, and the stored response does not have it', async ({ api, ada }) => {
  const create = () => ada.post('/v1/webhooks', { url }, { 'idempotency-key': 'one-webhook' })
  const [first, second] = [await create(), await create()]
  const { secret, ...webhook } = first.body
  expect(secret).toMatch(/^whsec_/)
  expect([second.body, second.headers['idempotency-replayed']]).toEqual([webhook, 'true'])
  const { rows } = await api.pool.query('select body from idempotency_keys')
  expect(rows.map(({ body }) => body).join()).not.toContain('whsec_')
})

test('a URL is stored as a URL parser writes it', async ({ create, rowOf }) => {
  const { id } = await create({ url: 'HTTPS://Hooks.Example:443' })
  expect((await rowOf(id)).url).toBe('https://hooks.example/')
})

test('a URL is refused when its host or one of its addresses is private, also in a patch', async ({ ada, create }) => {
  const { id } = await create()
  const errors = [{ pointer: '/url', detail: 'must name a host on the public internet' }]
  for (const address of ['http://10.0.0.1/', 'https://private.example/']) {
    const refused = { status: 422, body: { code: 'invalid-body', errors } }
    expect(await ada.post('/v1/webhooks', { url: address })).toMatchObject(refused)
    expect(await ada.patch(`/v1/webhooks/${id}`, { url: address, version: 1 })).toMatchObject(refused)
  }
  expect((await ada.get(`/v1/webhooks/${id}`)).body).toMatchObject({ url, version: 1 })
})

test('a private URL is accepted when the operators allow its network', async ({ api }) => {
  const webhooks = { ...api.deps.webhooks, allowedNetworks: ['10.0.0.0/8'] }
  const other = await startTestApp({ database: api.database, redis: api.redis, webhooks })
  try {
    const user = await other.as()
    expect((await user.post('/v1/webhooks', { url: 'https://private.example/' })).status).toBe(201)
    expect((await user.post('/v1/webhooks', { url: 'http://127.0.0.1/' })).status).toBe(422)
  } finally {
    await other.close()
  }
})

test('no webhook is created and no secret is rotated when the operators have set no key', async ({
  api,
  ada,
  create,
}) => {
  const { id } = await create()
  const webhooks = { sealer: undefined, allowedNetworks: [] }
  const other = await startTestApp({ database: api.database, redis: api.redis, webhooks })
  try {
    const user = await other.as(ada.id)
    const refused = { status: 501, body: { code: 'webhooks-off' } }
    expect(await user.post('/v1/webhooks', { url })).toMatchObject(refused)
    expect(await user.post(`/v1/webhooks/${id}/rotate-secret`)).toMatchObject(refused)
    expect((await user.delete(`/v1/webhooks/${id}`)).status).toBe(204)
  } finally {
    await other.close()
  }
})

test('an error of a filter names the place of the mistake', async ({ ada }) => {
  const refused = await ada.post('/v1/webhooks', { url, filter: 'after.status = "TODO"' })
  expect(refused.body.errors).toEqual([{ pointer: '/filter', detail: 'is no filter: at character 14: unexpected "="' }])
})

test('a webhook gets no types that the token may not read', async ({ api }) => {
  const user = await api.as(randomUUID(), 'webhooks:write goals:read')
  const refused = await user.post('/v1/webhooks', { url, types: ['goal:created', 'task:created'] })
  expect(refused).toMatchObject({ status: 403, body: { code: 'insufficient-scope' } })
  expect(refused.headers['www-authenticate']).toContain('scope="tasks:read"')
  expect((await user.post('/v1/webhooks', { url })).status).toBe(403)
  const created = await user.post('/v1/webhooks', { url, types: ['goal:created'] })
  expect(created.status).toBe(201)
  const address = `/v1/webhooks/${created.body.id}`
  expect((await user.patch(address, { types: null, version: 1 })).status).toBe(403)
  expect((await user.patch(address, { description: 'x', version: 1 })).status).toBe(200)
})

test('a patch changes only the fields that it names, and null removes types and filter', async ({ ada, create }) => {
  const { id, secret: _, ...webhook } = await create({ types: ['goal:created'], filter: 'true', description: 'x' })
  const address = `/v1/webhooks/${id}`
  expect((await ada.patch(address, { description: 'y' })).status).toBe(428)
  const changed = { ...webhook, description: 'y', version: 2, updatedAt: instant }
  expect(await ada.patch(address, { description: 'y', version: 1 })).toMatchObject({
    ...{ status: 200, headers: { etag: '"2"' } },
    body: changed,
  })
  expect(await ada.patch(address, { description: 'z', version: 1 })).toMatchObject({ status: 412 })
  expect((await ada.patch(address, { version: 2 })).body).toMatchObject({ version: 2 })
  const { body } = await ada.patch(address, { types: null, filter: null, version: 2 })
  expect(body).toEqual({ ...changed, id, types: null, filter: null, version: 3 })
})

test('a description is refused when it is longer than 500 characters', async ({ ada }) => {
  expect((await ada.post('/v1/webhooks', { url, description: 'x'.repeat(501) })).status).toBe(422)
  // The composed form of U+0958 has two characters.
  expect((await ada.post('/v1/webhooks', { url, description: '\u0958'.repeat(251) })).status).toBe(422)
})

test('a disabled webhook keeps the cause and the time, and begins healthy when it is enabled', async ({
  api,
  ada,
  create,
  rowOf,
}) => {
  const { id } = await create({ enabled: false })
  const address = `/v1/webhooks/${id}`
  const disabled = { enabled: false, health: 'disabled', disabledCause: 'owner', disabledAt: instant }
  expect((await ada.get(address)).body).toMatchObject(disabled)
  await api.pool.query(
    `update webhooks set disabled_cause = 'failing', disabled_at = '2026-01-01', failing_since = '2025-12-28',
       consecutive_failures = 15 where id = $1`,
    [id],
  )
  const before = (await ada.get(address)).body
  expect((await ada.patch(address, { enabled: false, version: 1 })).body).toMatchObject({
    ...{ disabledCause: 'failing', disabledAt: before.disabledAt, version: 2 },
  })
  expect((await ada.patch(address, { enabled: true, version: 2 })).body).toMatchObject({
    ...{ enabled: true, health: 'healthy', disabledCause: null, disabledAt: null, failingSince: null, version: 3 },
  })
  expect((await rowOf(id)).consecutive_failures).toBe(0)
})

test('a failing webhook begins healthy when it gets another address, and stays as it is otherwise', async ({
  api,
  ada,
  create,
}) => {
  const { id } = await create()
  const address = `/v1/webhooks/${id}`
  await api.pool.query(
    `update webhooks set health = 'suspended', failing_since = now(), suspended_until = now() where id = $1`,
    [id],
  )
  const { body: failing } = await ada.patch(address, { url, description: 'x', version: 1 })
  expect(failing).toMatchObject({ health: 'suspended', failingSince: instant, suspendedUntil: instant })
  const { body } = await ada.patch(address, { url: `${url}/2`, version: 2 })
  expect(body).toMatchObject({ health: 'healthy', failingSince: null, suspendedUntil: null })
})

test('a rotation returns a new secret, and keeps the one before for 24 hours', async ({ ada, create, rowOf }) => {
  const { id, secret: first } = await create()
  const rotate = (headers = {}) => ada.post(`/v1/webhooks/${id}/rotate-secret`, {}, headers)
  expect((await rotate({ 'if-match': '"7"' })).status).toBe(412)
  const { body, headers } = await rotate({ 'if-match': '"1"' })
  expect([body.version, headers.etag]).toEqual([2, '"2"'])
  expect(Date.parse(String(body.previousSecretUntil)) - Date.parse(String(body.updatedAt))).toBe(86_400_000)
  expect(await rowOf(id)).toMatchObject({ secret: body.secret, previousSecret: first })
  const second = await rotate()
  expect(await rowOf(id)).toMatchObject({ secret: second.body.secret, previousSecret: body.secret })
  expect(new Set([first, body.secret, second.body.secret]).size).toBe(3)
})

test('a repeated rotation rotates once, and its repetition leaves the secret out', async ({ api, ada, create }) => {
  const { id } = await create()
  const rotate = () => ada.post(`/v1/webhooks/${id}/rotate-secret`, {}, { 'idempotency-key': 'one-rotation' })
  const [first, second] = [await rotate(), await rotate()]
  const { secret: _, ...webhook } = first.body
  expect(second.body).toEqual(webhook)
  expect(second.body.version).toBe(2)
  const { rows } = await api.pool.query('select body from idempotency_keys')
  expect(rows.map(({ body }) => body).join()).not.toContain('whsec_')
})

test('a deleted webhook is gone, and its secrets with it', async ({ api, ada, create }) => {
  const { id } = await create()
  expect((await ada.delete(`/v1/webhooks/${id}`, { 'if-match': '"7"' })).status).toBe(412)
  expect((await ada.delete(`/v1/webhooks/${id}`)).status).toBe(204)
  expect((await ada.get(`/v1/webhooks/${id}`)).status).toBe(404)
  expect((await ada.delete(`/v1/webhooks/${id}`)).status).toBe(404)
  expect((await api.pool.query('select from webhooks where id = $1', [id])).rowCount).toBe(0)
})

test('a user has at most twenty webhooks, also when they are created at once', async ({ api, create }) => {
  const user = await api.as()
  for (let i = 0; i < 15; i++) await create({ enabled: i % 2 === 0 }, user)
  const answers = await Promise.all(Array.from({ length: 10 }, () => user.post('/v1/webhooks', { url })))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(5).fill(201), ...Array(5).fill(409)])
  expect(answers.find(({ status }) => status === 409)?.body.code).toBe('too-many-webhooks')
  expect((await create()).version).toBe(1)
})

test('a list pages through the webhooks of the user, newest first, and shows no other', async ({ api, create }) => {
  const [user, other] = [await api.as(), await api.as(randomUUID(), userScopes.join(' '))]
  const ids: string[] = []
  for (let i = 0; i < 3; i++) ids.unshift((await create({}, user)).id)
  const first = await user.get('/v1/webhooks?limit=2')
  const second = await user.get(String(first.headers.link).match(/<(.+)>/)?.[1] ?? '')
  expect([first, second].flatMap(({ body }) => body.data?.map(({ id }) => id))).toEqual(ids)
  expect((await other.get('/v1/webhooks')).body.data).toEqual([])
})
