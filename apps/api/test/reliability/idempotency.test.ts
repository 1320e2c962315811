import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { waitInTime } from '../../src/resource/time-limit.ts'
import type { Client } from '../support/client.ts'
import { test as base } from '../support/test.ts'
import { startTestApp } from '../support/test-app.ts'

// A second process on the same database.
const test = base.extend('other', { scope: 'file' }, async ({ api }, { onCleanup }) => {
  const other = await startTestApp({ database: api.database })
  onCleanup(() => other.close())
  return other
})

const keyed = (key: string = randomUUID()) => ({ 'idempotency-key': key })
const listGoals = async (client: Client) => (await client.get('/v1/goals?limit=200')).body.data ?? []

/** Repeats a request while its key is in use, as Retry-After says: on a slow machine a request may wait too long. */
async function postPatiently(client: Client, url: string, body: object, headers: Record<string, string>) {
  let answer = await client.post(url, body, headers)
  while (answer.body.code === 'idempotency-key-in-use') answer = await client.post(url, body, headers)
  return answer
}

test('a repeated request writes nothing and gets the same response, byte for byte', async ({ api }) => {
  const bob = await api.as()
  const key = keyed()
  const first = await bob.post('/v1/goals', { title: 'Once' }, key)
  const again = await bob.post('/v1/goals', { title: 'Once' }, key)
  expect(first.status).toBe(201)
  expect(first.headers).not.toHaveProperty('idempotency-replayed')
  expect(again).toMatchObject({
    status: 201,
    text: first.text,
    headers: {
      'idempotency-replayed': 'true',
      etag: '"1"',
      location: first.headers.location,
      'content-type': first.headers['content-type'],
    },
  })
  expect(await listGoals(bob)).toHaveLength(1)
})

test('fifty equal requests on two processes create one row and get equal responses', async ({ api, other }) => {
  const bob = await api.as()
  const bobThere = await other.as(bob.id)
  const key = keyed()
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => postPatiently(i % 2 ? bob : bobThere, '/v1/goals', { title: 'Once' }, key)),
  )
  expect(new Set(answers.map((answer) => `${answer.status} ${answer.text}`)).size).toBe(1)
  expect(answers[0]?.status).toBe(201)
  expect(answers.filter((answer) => answer.headers['idempotency-replayed'] === undefined)).toHaveLength(1)
  expect(await listGoals(bob)).toHaveLength(1)
  const { rows } = await api.pool.query(`select count(*)::int as count from events where actor_id = $1`, [bob.id])
  expect(rows).toEqual([{ count: 1 }])
})

test('a key is refused when it is sent with another body or address', async ({ ada }) => {
  const key = keyed()
  const goal = (await ada.post('/v1/goals', { title: 'Once' }, key)).body as { id: string }
  expect(await ada.post('/v1/goals', { title: 'Twice' }, key)).toMatchObject({
    status: 422,
    body: { code: 'idempotency-key-reused' },
  })
  const [one, two] = [await ada.createTask(goal.id), await ada.createTask(goal.id)]
  const start = keyed()
  expect((await ada.post(`/v1/tasks/${one.id}/start`, {}, start)).status).toBe(200)
  expect((await ada.post(`/v1/tasks/${two.id}/start`, {}, start)).status).toBe(422)
})

test('a key belongs to one user and one route', async ({ api, ada }) => {
  const bob = await api.as()
  const key = keyed()
  const goal = (await ada.post('/v1/goals', { title: 'Mine' }, key)).body as { id: string }
  expect((await bob.post('/v1/goals', { title: 'Mine' }, key)).body.id).not.toBe(goal.id)
  expect((await ada.post(`/v1/goals/${goal.id}/hold`, {}, key)).status).toBe(200)
})

test('a refusal is not stored, so the same request may succeed later', async ({ ada }) => {
  const goal = await ada.createGoal()
  const key = keyed()
  await ada.actOnGoal(goal.id, 'complete')
  expect((await ada.post(`/v1/goals/${goal.id}/tasks`, { title: 'x' }, key)).status).toBe(409)
  await ada.actOnGoal(goal.id, 'reopen')
  const created = await ada.post(`/v1/goals/${goal.id}/tasks`, { title: 'x' }, key)
  expect(created.status).toBe(201)
  expect((await ada.get(`/v1/goals/${goal.id}/tasks`)).body.data).toHaveLength(1)
})

test('every kind of write can be repeated: patch, verb, dependency, deletion, restoration', async ({ ada }) => {
  const goal = await ada.createGoal()
  const [task, blocker] = [await ada.createTask(goal.id), await ada.createTask(goal.id)]
  const path = `/v1/tasks/${task.id}`
  const requests: ((headers: Record<string, string>) => ReturnType<Client['post']>)[] = [
    (headers) => ada.patch(path, { title: 'two' }, { 'if-match': '"1"', ...headers }),
    (headers) => ada.post(`${path}/start`, undefined, headers),
    (headers) => ada.put(`${path}/dependencies/${blocker.id}`, undefined, headers),
    (headers) => ada.delete(`${path}/dependencies/${blocker.id}`, headers),
    (headers) => ada.delete(path, headers),
    (headers) => ada.post(`${path}/restore`, undefined, headers),
    (headers) => ada.delete(`/v1/goals/${goal.id}`, headers),
    (headers) => ada.post(`/v1/goals/${goal.id}/restore`, undefined, headers),
    (headers) => ada.post(`/v1/goals/${goal.id}/cancel`, {}, headers),
  ]
  for (const request of requests) {
    const key = keyed()
    const first = await request(key)
    expect(first.status).toBeLessThan(300)
    expect(await request(key)).toMatchObject({
      status: first.status,
      text: first.text,
      headers: { 'idempotency-replayed': 'true' },
    })
  }
  const history = await ada.get(`${path}/history`)
  // Created, patched, started, blocked and unblocked by the dependency, deleted, restored, deleted and
  // restored with the goal, cancelled.
  expect(history.body.data?.map((entry) => entry.version)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
})

test('a request gets 409 and Retry-After while the first with its key is running', async ({ api, ada, other }) => {
  const goal = await ada.createGoal()
  const key = keyed()
  const holder = await api.pool.connect()
  try {
    await holder.query('begin')
    await holder.query('select from goals where id = $1 for update', [goal.id])
    const first = ada.post(`/v1/goals/${goal.id}/hold`, {}, key)
    await until(async () => {
      const { rows } = await api.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return rows.length > 0
    })
    const adaThere = await other.as(ada.id)
    const [here, there] = await Promise.all([
      ada.post(`/v1/goals/${goal.id}/hold`, {}, key),
      adaThere.post(`/v1/goals/${goal.id}/hold`, {}, key),
    ])
    for (const refused of [here, there])
      expect(refused).toMatchObject({
        status: 409,
        headers: { 'retry-after': '1' },
        body: { code: 'idempotency-key-in-use' },
      })
    await holder.query('rollback')
    expect((await first).status).toBe(200)
  } finally {
    holder.release()
  }
  expect((await ada.post(`/v1/goals/${goal.id}/hold`, {}, key)).headers['idempotency-replayed']).toBe('true')
})

test.for(['', ' ', 'a b', 'ü', 'x'.repeat(256)])('the key %j is refused', async (key, { ada }) => {
  expect((await ada.post('/v1/goals', { title: 'x' }, { 'idempotency-key': key })).status).toBe(400)
})

test('a key of 255 characters is accepted', async ({ ada }) => {
  expect((await ada.post('/v1/goals', { title: 'x' }, keyed('x'.repeat(255)))).status).toBe(201)
})

test('the response to an administrator is not replayed to the same user without that scope', async ({ api, ada }) => {
  const bob = await api.as()
  const goal = await bob.createGoal({ description: 'secret' })
  const [asAdmin, plain] = [await api.as(ada.id, 'admin'), await api.as(ada.id)]
  const key = { ...keyed(), 'if-match': '*' }
  const path = `/v1/goals/${goal.id}`
  expect((await asAdmin.patch(path, { title: 'x' }, key)).body.description).toBe('secret')
  const refused = await plain.patch(path, { title: 'x' }, key)
  expect(refused.status).toBe(422)
  expect(refused.text).not.toContain('secret')
})

test('a request gets 503 when the database does not answer in time', async ({ api }) => {
  const { promise: database, resolve } = Promise.withResolvers<void>()
  const impatient = { db: api.deps.db, responseLimits: { suspectAfterMs: 10, answerMs: 20 } }
  const refused = await waitInTime(impatient, database).catch((error: unknown) => error)
  resolve()
  expect(refused).toMatchObject({ code: 'unavailable', headers: { 'retry-after': '2' } })
})
