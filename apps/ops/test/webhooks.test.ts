import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { bearer } from './support/actors.ts'
import { test } from './support/ops.ts'

const insert = `insert into webhooks (owner_id, url, secret)
  values (gen_random_uuid(), 'https://hooks.example/?token=x', '') returning id`

test('a webhook is shown with its pause, and without its address', async ({ ops }) => {
  const { rows } = await ops.pool.query(insert)
  const headers = await bearer()
  const url = `/ops/webhooks/${rows[0].id}`
  const payload = { reason: 'it moves' }
  const show = () => ops.app.inject({ url, headers })
  expect((await show()).json()).toMatchObject({
    ...{ id: rows[0].id, changes: [] },
    live: { host: 'hooks.example', health: 'healthy', pendingDeliveries: 0, pause: null },
  })
  await ops.app.inject({ method: 'POST', url: `${url}/pause`, headers, payload })
  expect((await show()).json().live.pause).toMatchObject(payload)
  expect((await show()).body).not.toContain('token')
})

test('no webhook is shown without the scope ops, nor one that never existed', async ({ ops }) => {
  const { rows } = await ops.pool.query(insert)
  const statusOf = async (id: string, scope = 'ops') =>
    (await ops.app.inject({ url: `/ops/webhooks/${id}`, headers: await bearer(scope) })).statusCode
  expect(await statusOf(rows[0].id, 'webhooks:read')).toBe(403)
  expect(await statusOf(randomUUID())).toBe(404)
  expect(await statusOf('not-an-id')).toBe(400)
})
