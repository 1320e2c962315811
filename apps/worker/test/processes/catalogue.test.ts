import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { recordReceiver } from '@goals-tasks/db'
import { until } from '@goals-tasks/devstack/testing'
import { connectProducer, eventTypes } from '@goals-tasks/events'
import { SignJWT } from 'jose'
import { expect, onTestFinished } from 'vitest'
import { jwtSecret } from '../support/processes/process-installation.ts'
import { test } from '../support/processes/test.ts'

/** Starts a receiver of webhooks that takes everything. Returns its URL. */
async function receive(): Promise<string> {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

type Change = { type: string; after: { kind?: string } }

const tokenOf = (userId: string, scope: string) =>
  new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(jwtSecret))

const [ada, bob] = ['5b7f2a52-7f2f-4f0e-9a51-0b6f0c6f1a01', '5b7f2a52-7f2f-4f0e-9a51-0b6f0c6f1a02']

test('every event of the catalogue is emitted and handled', async ({ installation }) => {
  const api = await installation.startApi()
  const token = await tokenOf(ada, 'goals:read goals:write tasks:read tasks:write webhooks:write sync')
  const call = async (method: string, path: string, body?: object): Promise<{ id: string }> => {
    const headers = { authorization: `Bearer ${token}`, 'if-match': '*', 'content-type': 'application/json' }
    const response = await fetch(`${api.url}/v1${path}`, { method, headers, body: body ? JSON.stringify(body) : '{}' })
    expect(response.ok, `${method} ${path}`).toBe(true)
    return response.status === 204 ? { id: '' } : ((await response.json()) as { id: string })
  }

  const cache = connectProducer(installation.redis.url, () => undefined)
  await until(() => cache.status === 'ready')
  const goal = await call('POST', '/goals', { title: 'A goal' })
  // The worker makes the reminders and closes the digests that are due when it starts.
  const inADay = new Date(Date.now() + 86_400_000 - 60_000).toISOString()
  await call('POST', `/goals/${goal.id}/tasks`, { title: 'Due', dueAt: inADay })
  await installation.pool.query(`update reminder_progress set made_until = now() - interval '10 minutes'`)
  await installation.pool.query('insert into mail_digests (user_id, sends_at) values ($1, now())', [bob])
  // So it does with the health of webhooks.
  await installation.pool.query(
    `with webhook as (
       insert into webhooks (owner_id, url, secret, is_enabled, health, disabled_cause, disabled_at)
       values ($1, 'https://hooks.example/', '', false, 'disabled', 'gone', now()) returning id
     ) insert into webhook_health_changes (webhook_id, before) select id, 'healthy' from webhook`,
    [bob],
  )
  await installation.startWorker()
  await until(async () => (await installation.count('reminders')) === 1)
  await until(async () => (await installation.count('webhook_health_changes')) === 0)
  // This worker has no mail server, so it finishes the event of a mail without one.
  await recordReceiver(installation.pool, 'email', true)
  await installation.pool.query(
    `insert into contacts (user_id, email, verified_at) values ($1, 'bob@people.example', now())`,
    [bob],
  )
  await cache.mset({
    [`${installation.redis.prefix}:goal:${goal.id}`]: 'ours',
    [`neighbour:goal:${goal.id}`]: 'theirs',
  })

  await call('PATCH', `/goals/${goal.id}`, { title: 'A better goal' })
  const [task, other] = [
    await call('POST', `/goals/${goal.id}/tasks`, { title: 'A task', assignedTo: bob }),
    await call('POST', `/goals/${goal.id}/tasks`, { title: 'Another' }),
  ]
  await call('POST', `/tasks/${task.id}/complete`)
  await call('DELETE', `/tasks/${other.id}`)
  await call('POST', `/goals/${goal.id}/complete`)
  const webhook = await call('POST', '/webhooks', { url: await receive(), types: ['goal:completed'] })
  await call('POST', `/webhooks/${webhook.id}/test`)
  await call('POST', '/sync-runs', { webhookId: webhook.id })
  await call('DELETE', `/goals/${goal.id}`)

  await until(async () => Object.keys(await installation.pending()).length === 0)
  const { rows } = await installation.pool.query('select distinct type from events')
  expect(rows.map((row) => row.type).toSorted()).toEqual(eventTypes.toSorted())
  expect(await installation.count('dead_letters')).toBe(0)
  const authorization = `Bearer ${await tokenOf(bob, 'tasks:read notifications:read')}`
  const feed = await fetch(`${api.url}/v1/changes?cursor=beginning`, { headers: { authorization } })
  const kinds = ((await feed.json()) as { data: Change[] }).data.flatMap(({ type, after }) =>
    type === 'notification:sent' ? [after.kind] : [],
  )
  // The feed shows what is in the inbox, and no mail.
  expect(kinds.toSorted()).toEqual(['goal-completed', 'task-assigned', 'task-completed', 'webhook-disabled'])
  const [ours, theirs] = await cache.mget(`${installation.redis.prefix}:goal:${goal.id}`, `neighbour:goal:${goal.id}`)
  // A tombstone of the deleted version has replaced the goal. The key of another installation is unchanged.
  expect(ours).toMatch(/^4 \S+\n$/)
  expect(theirs).toBe('theirs')
  cache.disconnect()
})
