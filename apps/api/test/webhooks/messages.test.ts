import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { test as base } from '../support/test.ts'
import { insertWebhook } from '../support/webhooks.ts'

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const noEvents = { count: 0, hasMore: false }

type Delivery = { event_id: string; attempts: number; is_replay: boolean; is_due: boolean }

/** A user with a webhook, and the tables that the worker writes. */
const test = base.extend('hook', async ({ api }) => {
  const user = await api.as()
  const id = await insertWebhook(api.pool, user.id)
  const url = `/v1/webhooks/${id}`
  return {
    ...{ id, url, user },
    /** Creates a goal and returns the id of its event, whose delivery to the webhook is over. */
    async emit(): Promise<string> {
      const goal = await user.createGoal()
      await api.pool.query(
        'delete from deliveries where target = $1 and event_id in (select id from events where aggregate_id = $2)',
        [id, goal.id],
      )
      return String((await api.lastEventOf(goal.id))?.id)
    },
    attempt: (
      eventId: string,
      outcome: 'delivered' | 'failed',
      status: number | null = outcome === 'failed' ? 500 : 204,
    ) =>
      api.pool.query(
        `insert into webhook_attempts
           (webhook_id, event_id, event_type, attempted_at, status, duration_ms, error, response, outcome)
         values ($1, $2, 'goal:created', now(), $3, 12, case when $4 = 'failed' then 'it failed' end, 'body', $4)`,
        [id, eventId, status, outcome],
      ),
    deliver: (eventId: string, attempts = 0) =>
      api.pool.query(
        `insert into deliveries (consumer, event_id, target, attempts, last_error) values ('sync', $1, $2, $3, null)`,
        [eventId, id, attempts],
      ),
    moveToDeadLetters: (eventId: string) =>
      api.pool.query(
        `insert into dead_letters (consumer, event_id, target, event, attempts, replays, error)
         select 'sync', id, $2, json_build_object('id', id, 'type', type, 'aggregateType', aggregate_type,
           'aggregateId', aggregate_id, 'aggregateVersion', aggregate_version, 'ordinal', ordinal, 'actorId', actor_id,
           'occurredAt', occurred_at, 'after', after), 15, 0, 'it is gone' from events where id = $1`,
        [eventId, id],
      ),
    async deliveries(): Promise<Delivery[]> {
      const { rows } = await api.pool.query<Delivery>(
        `select event_id, attempts, is_replay, due_at <= now() as is_due from deliveries where target = $1
         order by event_id`,
        [id],
      )
      return rows
    },
  }
})

const messagesOf = async (user: Client, url: string) =>
  ((await user.get(url)).body.data ?? []) as { id: string; state: string }[]

test('the messages of a webhook show the state of each event, newest first', async ({ hook }) => {
  const { user, url, emit, attempt, deliver, moveToDeadLetters } = hook
  const [delivered, failed, pending, dead, retried] = [
    await emit(),
    await emit(),
    await emit(),
    await emit(),
    await emit(),
  ]
  await attempt(delivered, 'failed')
  await attempt(delivered, 'delivered')
  await attempt(failed, 'failed')
  await deliver(failed, 1)
  await deliver(pending)
  await moveToDeadLetters(dead)
  await attempt(retried, 'delivered')
  await deliver(retried)
  const { body } = await user.get(`${url}/messages`)
  const common = { type: 'goal:created', lastAttemptAt: null, lastStatus: null, lastError: null }
  const tried = { ...common, lastAttemptAt: instant }
  expect(body.data).toEqual([
    { ...tried, id: retried, state: 'pending', attempts: 1, lastStatus: 204 },
    { ...common, id: dead, state: 'dead-letter', attempts: 0, lastError: 'it is gone' },
    { ...common, id: pending, state: 'pending', attempts: 0 },
    { ...tried, id: failed, state: 'failed', attempts: 1, lastStatus: 500, lastError: 'it failed' },
    { ...tried, id: delivered, state: 'delivered', attempts: 2, lastStatus: 204 },
  ])
  const undelivered = await messagesOf(user, `${url}/messages?undelivered=true`)
  expect(undelivered.map(({ id }) => id)).toEqual([retried, dead, pending, failed])
})

test('a list of messages pages through all of them once', async ({ hook }) => {
  const { user, url, emit, attempt, deliver } = hook
  const ids: string[] = []
  for (let i = 0; i < 5; i++) ids.unshift(await emit())
  for (const id of ids.slice(0, 4)) await attempt(id, 'failed')
  for (const id of ids.slice(2)) await deliver(id)
  const seen: string[] = []
  let next: string | undefined = `${url}/messages?limit=2`
  while (next) {
    const page = await user.get(next)
    seen.push(...(page.body.data ?? []).map(({ id }) => String(id)))
    next = String(page.headers.link ?? '').match(/<(.+)>/)?.[1]
  }
  expect(seen).toEqual(ids)
  const ofOther = await user.get(`${url}/messages/${ids[0]}/attempts?cursor=${cursorOf(ids[1])}`)
  expect(ofOther).toMatchObject({ status: 400, body: { code: 'cursor-mismatch' } })
})

const cursorOf = (id = '') => Buffer.from(JSON.stringify([1, 'webhook_messages_list', id])).toString('base64url')

test('the attempts of a message have its responses, newest first', async ({ hook }) => {
  const { user, url, emit, attempt, deliver } = hook
  const [event, waiting] = [await emit(), await emit()]
  await attempt(event, 'failed', null)
  await attempt(event, 'delivered')
  await deliver(waiting)
  const common = { id: expect.any(String), attemptedAt: instant, durationMs: 12, response: 'body', replay: false }
  expect((await user.get(`${url}/messages/${event}/attempts`)).body.data).toEqual([
    { ...common, status: 204, outcome: 'delivered', error: null },
    { ...common, status: null, outcome: 'failed', error: 'it failed' },
  ])
  expect((await user.get(`${url}/messages/${waiting}/attempts`)).body.data).toEqual([])
  expect((await user.get(`${url}/messages/${randomUUID()}/attempts`)).status).toBe(404)
})

test('a message is sent again at once, whether it was delivered, waits or is a dead letter', async ({ api, hook }) => {
  const { user, url, emit, attempt, deliver, moveToDeadLetters, deliveries } = hook
  const [delivered, waiting, dead] = [await emit(), await emit(), await emit()]
  await attempt(delivered, 'delivered')
  await deliver(waiting, 3)
  await moveToDeadLetters(dead)
  for (const id of [delivered, waiting, dead])
    expect(await user.post(`${url}/messages/${id}/resend`)).toMatchObject({
      ...{ status: 202, body: { id, type: 'goal:created' } },
    })
  const sent = { is_replay: true, is_due: true }
  expect(await deliveries()).toMatchObject([
    { event_id: delivered, attempts: 0, ...sent },
    { event_id: waiting, attempts: 3, ...sent },
    { event_id: dead, attempts: 0, ...sent },
  ])
  expect((await api.pool.query('select from dead_letters where target = $1', [hook.id])).rowCount).toBe(0)
})

test('no event is sent that the owner of the webhook could not see', async ({ api, ada, hook }) => {
  const { user, url, deliveries } = hook
  const goal = await ada.createGoal()
  const event = String((await api.lastEventOf(goal.id))?.id)
  const admin = await api.as(randomUUID(), 'admin')
  for (const client of [user, admin]) expect((await client.post(`${url}/messages/${event}/resend`)).status).toBe(404)
  expect((await user.post(`${url}/messages/${randomUUID()}/resend`)).status).toBe(404)
  expect((await user.post(`${url}/replay`, {})).body).toEqual({ count: 0, nextCursor: null })
  expect(await deliveries()).toEqual([])
})

test('a test event goes to its webhook only, whatever the types are, and is in no feed', async ({ api, hook }) => {
  const { id, user, url } = hook
  const other = await insertWebhook(api.pool, user.id)
  await user.patch(url, { types: ['goal:created'], version: 1 })
  const cursor = await nextCursorOf(user)
  const sent = await user.post(`${url}/test`)
  expect(sent).toMatchObject({ status: 202, body: { id: expect.any(String), type: 'webhook:test' } })
  const { rows } = await api.pool.query('select consumer, target, is_replay from deliveries where event_id = $1', [
    sent.body.id,
  ])
  expect(rows).toEqual([{ consumer: 'sync', target: id, is_replay: false }])
  const [event] = await api.eventsOf(id)
  expect(event).toMatchObject({ id: sent.body.id, after: { id, createdAt: instant } })
  expect(await messagesOf(user, `${url}/messages`)).toMatchObject([{ id: sent.body.id, state: 'pending' }])
  expect(await messagesOf(user, `/v1/webhooks/${other}/messages`)).toEqual([])
  expect((await user.get(`/v1/changes?cursor=${cursor}`)).body.data).toEqual([])
  expect((await user.post(`${url}/messages/${sent.body.id}/resend`)).status).toBe(202)
})

const nextCursorOf = async (user: Client) =>
  (JSON.parse((await user.get('/v1/changes')).text) as { page: { nextCursor: string } }).page.nextCursor

test('a disabled webhook gets nothing again until it is enabled', async ({ hook }) => {
  const { user, url, emit, deliveries } = hook
  const event = await emit()
  await user.patch(url, { enabled: false, version: 1 })
  const refused = { status: 409, body: { code: 'webhook-disabled' } }
  expect(await user.post(`${url}/messages/${event}/resend`)).toMatchObject(refused)
  expect(await user.post(`${url}/replay`, {})).toMatchObject(refused)
  expect(await user.post(`${url}/test`)).toMatchObject(refused)
  expect(await deliveries()).toEqual([])
})

test('the undelivered events are counted by what becomes of them', async ({ api, hook }) => {
  const { user, url, emit, deliver, moveToDeadLetters } = hook
  expect((await user.get(`${url}/undelivered`)).body).toEqual({
    ...{ pending: noEvents, failed: noEvents, deadLetters: noEvents, skipped: noEvents },
  })
  const [pending, failed, dead] = [await emit(), await emit(), await emit()]
  await deliver(pending)
  await deliver(failed, 1)
  await moveToDeadLetters(dead)
  await user.patch(url, { enabled: false, types: ['goal:updated'], version: 1 })
  await api.pool.query(`update webhooks set disabled_at = now() + interval '1 ms' where id = $1`, [hook.id])
  const goal = await user.createGoal()
  await user.patchGoal(goal.id, { title: 'Changed' })
  const one = { count: 1, hasMore: false }
  expect((await user.get(`${url}/undelivered`)).body).toEqual({
    pending: one,
    failed: one,
    deadLetters: one,
    skipped: one,
  })
})

test('a count of undelivered events ends at 10,000', async ({ api, hook }) => {
  const { user, url, id } = hook
  await api.pool.query(
    `insert into deliveries (consumer, event_id, target) select 'sync', uuidv7(), $1 from generate_series(1, 10001)`,
    [id],
  )
  expect((await user.get(`${url}/undelivered`)).body.pending).toEqual({ count: 10_000, hasMore: true })
  const refused = { status: 409, body: { code: 'too-many-undelivered' } }
  expect(await user.post(`${url}/replay`, {})).toMatchObject(refused)
})
