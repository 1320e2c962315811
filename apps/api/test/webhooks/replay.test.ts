import { expect } from 'vitest'
import { test as base } from '../support/test.ts'
import { insertWebhook } from '../support/webhooks.ts'

/** A user with a webhook, and many events of one goal. */
const test = base.extend('hook', async ({ api }) => {
  const user = await api.as()
  const goal = await user.createGoal()
  const id = await insertWebhook(api.pool, user.id)
  const [first] = await api.eventsOf(goal.id)
  return {
    ...{ id, user, goal },
    url: `/v1/webhooks/${id}/replay`,
    /** Adds events of the goal with their reader, as a statement that changes many rows does. */
    emitMany: (count: number, type = 'goal:updated') =>
      api.pool.query(
        `with emitted as (
           insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, before, after)
           select $3, aggregate_type, aggregate_id, n + 1, 0, actor_id, after, after
           from events, generate_series(1, $2) n where id = $1 order by n returning id, xid, position
         ) insert into event_readers (reader_id, xid, position, event_id, visibility)
           select $4, xid, position, id, 'kept' from emitted`,
        [first?.id, count, type, user.id],
      ),
    async queued(): Promise<string[]> {
      const { rows } = await api.pool.query(
        `select event_id from deliveries where target = $1 and consumer = 'sync' and is_replay and due_at <= now()`,
        [id],
      )
      return rows.map((row) => row.event_id)
    },
  }
})

type Result = { count: number; nextCursor: string | null }

test('a replay goes on from its cursor, and sends each event of the time once', async ({ api, hook }) => {
  const { user, url, emitMany, queued } = hook
  await emitMany(2_300)
  const results: Result[] = []
  let body: object = { from: '2026-01-01T00:00:00Z', to: '2199-01-01T00:00:00Z' }
  for (;;) {
    const answer = await user.post(url, body)
    expect(answer.status).toBe(202)
    const result = answer.body as Result
    results.push(result)
    // A repeated step queues nothing twice.
    expect((await user.post(url, body)).body).toEqual({ ...result, count: 0 })
    if (result.nextCursor === null) break
    body = { cursor: result.nextCursor }
  }
  expect(results.map(({ count }) => count)).toEqual([1_000, 1_000, 301])
  const { rows } = await api.pool.query('select event_id from event_readers where reader_id = $1', [user.id])
  expect((await queued()).toSorted()).toEqual(rows.map((row) => row.event_id).toSorted())
})

test('a replay sends the events of its time that have a type of the webhook', async ({ api, hook }) => {
  const { id, user, url, emitMany, queued } = hook
  await emitMany(3)
  await emitMany(2, 'goal:completed')
  await api.pool.query(`update webhooks set types = '{goal:completed}' where id = $1`, [id])
  for (const time of [{ to: '2026-01-01T00:00:00Z' }, { to: '1969-01-01T00:00:00Z' }, { from: '2099-01-01T00:00:00Z' }])
    expect((await user.post(url, time)).body).toEqual({ count: 0, nextCursor: null })
  expect((await user.post(url, {})).body).toEqual({ count: 2, nextCursor: null })
  expect(await queued()).toHaveLength(2)
})

test('a replay sends what is a dead letter, and lets what waits anyway be', async ({ api, hook }) => {
  const { id, user, goal, url, emitMany, queued } = hook
  await emitMany(1)
  const [created, updated] = await api.eventsOf(goal.id)
  await api.pool.query(
    `insert into dead_letters (consumer, event_id, target, event, attempts, replays, error)
     values ('sync', $1, $2, '{}', 1, 0, 'x')`,
    [created?.id, id],
  )
  await api.pool.query(`insert into deliveries (consumer, event_id, target) values ('sync', $1, $2)`, [updated?.id, id])
  expect((await user.post(url, {})).body).toEqual({ count: 1, nextCursor: null })
  expect(await queued()).toEqual([created?.id])
  expect((await api.pool.query('select from dead_letters where target = $1', [id])).rowCount).toBe(0)
})

test('a replay is refused when its time or its cursor makes no sense', async ({ api, hook }) => {
  const { user, url, emitMany, queued } = hook
  await emitMany(1_100)
  const { nextCursor } = (await user.post(url, {})).body as Result
  const other = await insertWebhook(api.pool, user.id)
  const before = await queued()
  const from = '2026-01-02T00:00:00Z'
  for (const body of [
    { from, to: from },
    { from, to: '2026-01-01T00:00:00Z' },
    { from, cursor: nextCursor },
  ])
    expect((await user.post(url, body)).status).toBe(422)
  expect((await user.post(`/v1/webhooks/${other}/replay`, { cursor: nextCursor })).status).toBe(422)
  const forged = Buffer.from(JSON.stringify([1, hook.id, 0, 9e99, 1, '1', '1'])).toString('base64url')
  expect((await user.post(url, { cursor: forged })).status).toBe(422)
  expect(await queued()).toEqual(before)
})
