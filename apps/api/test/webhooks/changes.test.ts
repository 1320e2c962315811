import { randomUUID } from 'node:crypto'
import { setPause } from '@goals-tasks/db'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'
import { insertWebhook } from '../support/webhooks.ts'

const test = base.extend('hook', async ({ api }) => {
  const user = await api.as()
  const id = await insertWebhook(api.pool, user.id)
  return {
    ...{ id, user, url: `/v1/webhooks/${id}` },
    /** The change of the health that is not reported yet, by the health before it. */
    async noted(): Promise<string | undefined> {
      const { rows } = await api.pool.query('select before from webhook_health_changes where webhook_id = $1', [id])
      return rows[0]?.before
    },
    suspend: () =>
      api.pool.query(
        `with changed as (
           update webhooks set health = 'suspended', failing_since = now(), suspended_until = now()
           where id = $1 returning id
         ) insert into webhook_health_changes (webhook_id, before) select id, 'healthy' from changed
           on conflict do nothing`,
        [id],
      ),
  }
})

test('no change of the health is reported when the owner made it', async ({ hook }) => {
  const { user, url, suspend, noted } = hook
  await user.patch(url, { enabled: false, version: 1 })
  expect(await noted()).toBeUndefined()
  await user.patch(url, { enabled: true, version: 2 })
  await suspend()
  await user.patch(url, { description: 'still suspended', version: 3 })
  expect(await noted()).toBe('healthy')
  await user.patch(url, { url: 'https://hooks.example/repaired', version: 4 })
  expect(await noted()).toBeUndefined()
})

test('a change of the health is reported to the owner when an administrator made it', async ({ api, hook }) => {
  const { url, suspend, noted } = hook
  const admin = await api.as(randomUUID(), 'admin')
  await admin.patch(url, { description: 'described', version: 1 })
  expect(await noted()).toBeUndefined()
  await admin.patch(url, { enabled: false, version: 2 })
  expect(await noted()).toBe('healthy')
  await admin.patch(url, { enabled: true, version: 3 })
  await suspend()
  await admin.delete(url)
  expect(await noted()).toBeUndefined()
})

type AuditRow = { action: string; version: number; fields: string[]; actor_id: string; as_admin: boolean; via: string }

test('each change of a webhook is recorded with its actor, the API key and the names of the fields', async ({
  api,
}) => {
  const user = await api.as()
  const key = await user.post('/v1/api-keys', { name: 'deploy', scopes: ['webhooks:write', 'goals:read'] })
  const byProgram = async (method: 'POST' | 'PATCH', address: string, payload: object) => {
    const headers = { authorization: `Bearer ${key.body.key}` }
    const answer = await api.app.inject({ method, url: address, headers, payload })
    expect(answer.statusCode, answer.body).toBeLessThan(300)
    return answer.json()
  }
  const { id } = await byProgram('POST', '/v1/webhooks', { url: 'https://hooks.example/', types: ['goal:created'] })
  const url = `/v1/webhooks/${id}`
  await byProgram('PATCH', url, { description: 'x', enabled: false, version: 1 })
  await user.patch(url, { version: 2 })
  expect((await user.patch(url, { description: 'late', version: 1 })).status).toBe(412)
  await user.post(`${url}/rotate-secret`)
  const admin = await api.as(randomUUID(), 'admin')
  const history = await user.get(`${url}/history?limit=2`)
  expect(history.body.data).toEqual([
    {
      ...{ id: expect.any(String), action: 'secret-rotated', version: 3, fields: [], actorId: user.id, asAdmin: false },
      ...{ via: null, correlationId: expect.any(String), occurredAt: expect.stringMatching(/Z$/) },
    },
    expect.objectContaining({ action: 'changed', fields: ['description', 'enabled'], via: key.body.id }),
  ])
  const next = String(history.headers.link ?? '').match(/<(.+)>/)?.[1] ?? expect.fail()
  expect((await admin.get(next)).body.data).toEqual([expect.objectContaining({ action: 'created', version: 1 })])
  await admin.delete(url)
  expect((await user.get(`${url}/history`)).status).toBe(404)
  const { rows } = await api.pool.query<AuditRow>(
    'select action, version, fields, actor_id, as_admin, via from webhook_audit_log where webhook_id = $1 order by id',
    [id],
  )
  const byKey = { actor_id: user.id, as_admin: false, via: key.body.id }
  expect(rows).toEqual([
    { action: 'created', version: 1, fields: [], ...byKey },
    { action: 'changed', version: 2, fields: ['description', 'enabled'], ...byKey },
    { action: 'secret-rotated', version: 3, fields: [], ...byKey, via: null },
    { action: 'deleted', version: 3, fields: [], actor_id: admin.id, as_admin: true, via: null },
  ])
  const { rows: audited } = await api.pool.query(
    'select correlation_id, owner_id from webhook_audit_log where webhook_id = $1',
    [id],
  )
  for (const row of audited) expect(row).toEqual({ correlation_id: expect.any(String), owner_id: user.id })
})

test('an owner sees when operators paused and resumed the webhook, and neither who nor why', async ({ api, hook }) => {
  const { id, user, url } = hook
  const pause = (isPaused: boolean, consumer: 'sync' | `sync/${string}` = `sync/${id}`) =>
    setPause(api.pool, { consumer, isPaused, actor: 'ada', reason: 'the receiver moves' })
  const history = async () => (await user.get(`${url}/history`)).body.data
  const pausedAt = async () => (await user.get(url)).body.pausedAt
  const byOperator = {
    ...{ id: expect.any(String), version: 1, fields: [], actorId: '00000000-0000-0000-0000-000000000000' },
    ...{ asAdmin: false, via: null, correlationId: null, occurredAt: expect.any(String) },
  }
  await pause(true)
  await pause(true)
  expect(await history()).toEqual([{ ...byOperator, action: 'paused' }])
  expect(await pausedAt()).toEqual(expect.any(String))
  await pause(false)
  expect(await history()).toEqual([
    { ...byOperator, action: 'resumed' },
    { ...byOperator, action: 'paused' },
  ])
  expect(await pausedAt()).toBeNull()
  await pause(true, 'sync')
  expect(await pausedAt()).toEqual(expect.any(String))
  expect(await history()).toHaveLength(2)
  await pause(false, 'sync')
  expect(await pausedAt()).toBeNull()
})
