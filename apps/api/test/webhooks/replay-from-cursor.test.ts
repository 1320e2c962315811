import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { formatCursor, parseCursor } from '../../src/resource/lists/feed-cursor.ts'
import type { Client } from '../support/client.ts'
import { test as base } from '../support/test.ts'
import { insertWebhook } from '../support/webhooks.ts'

type Result = { count: number; nextCursor: string | null }
type Page = { data: { id: string }[]; page: { nextCursor: string } }

const feed = async (user: Client, query = ''): Promise<Page> => JSON.parse((await user.get(`/v1/changes${query}`)).text)

/** A user with a webhook, and many events of one goal. */
const test = base.extend('hook', async ({ api }) => {
  const user = await api.as()
  const goal = await user.createGoal()
  const id = await insertWebhook(api.pool, user.id)
  const url = `/v1/webhooks/${id}/replay`
  return {
    ...{ id, user, url },
    /** Adds events of the goal with their reader, as a statement that changes many rows does. Returns their ids. */
    async emitMany(count: number): Promise<string[]> {
      const { rows } = await api.pool.query(
        `with emitted as (
           insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, before, after)
           select 'goal:updated', aggregate_type, aggregate_id, n + 1, 0, actor_id, after, after
           from events, generate_series(1, $2) n where aggregate_id = $1 and aggregate_version = 1
           order by n returning id, xid, position
         ), read as (
           insert into event_readers (reader_id, xid, position, event_id, visibility)
           select $3, xid, position, id, 'kept' from emitted
         ) select id from emitted`,
        [goal.id, count, user.id],
      )
      return rows.map((row) => row.id)
    },
    /** Repeats a replay until its end, and each of its steps. Returns the count of each step. */
    async replayAll(body: object, client = user): Promise<number[]> {
      const counts: number[] = []
      for (let next = body; ; ) {
        const { status, body: result, text } = await client.post(url, next)
        expect(status, text).toBe(202)
        const { count, nextCursor } = result as Result
        expect((await client.post(url, next)).body).toMatchObject({ count: 0 })
        counts.push(count)
        if (nextCursor === null) return counts
        next = { cursor: nextCursor }
      }
    },
    async queued(): Promise<string[]> {
      const { rows } = await api.pool.query(
        `select event_id from deliveries where target = $1 and consumer = 'sync' and is_replay and due_at <= now()`,
        [id],
      )
      return rows.map((row) => row.event_id).toSorted()
    },
  }
})

test('a replay from a cursor of the feed sends the events after it, each once', async ({ hook }) => {
  const { user, emitMany, replayAll, queued } = hook
  await emitMany(3)
  const { page } = await feed(user)
  const ids = await emitMany(2_300)
  expect(await replayAll({ fromCursor: page.nextCursor })).toEqual([1_000, 1_000, 300])
  expect(await queued()).toEqual(ids.toSorted())
})

test('a replay ends where the feed stood at its first step', async ({ hook }) => {
  const { user, url, emitMany, queued } = hook
  const { page } = await feed(user)
  const ids = await emitMany(1_200)
  const { nextCursor } = (await user.post(url, { fromCursor: page.nextCursor })).body as Result
  await emitMany(10)
  expect((await user.post(url, { cursor: nextCursor })).body).toEqual({ count: 200, nextCursor: null })
  expect(await queued()).toEqual(ids.toSorted())
})

test('a replay goes on from a cursor between two pages of the feed, and from the beginning', async ({ hook }) => {
  const { user, emitMany, replayAll, queued } = hook
  await emitMany(9)
  const first = await feed(user, '?cursor=beginning&limit=4')
  const { data } = await feed(user, `?cursor=${first.page.nextCursor}&limit=50`)
  expect(await replayAll({ fromCursor: first.page.nextCursor })).toEqual([6])
  expect(await queued()).toEqual(data.map(({ id }) => id).toSorted())
  expect(await replayAll({ fromCursor: 'beginning' })).toEqual([4])
})

test('an event whose transaction was open at the cursor is part of the replay', async ({ api, hook }) => {
  const { user, emitMany, replayAll, queued } = hook
  const open = await api.pool.connect()
  try {
    await open.query('begin; select pg_current_xact_id()')
    const { page } = await feed(user)
    const { rows } = await open.query(
      `with emitted as (
         insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
         values ('goal:created', 'goal', uuidv7(), 1, 0, uuidv7(), '{}') returning id, xid, position
       ) insert into event_readers (reader_id, xid, position, event_id) select $1, xid, position, id from emitted
         returning event_id as id`,
      [user.id],
    )
    const later = await emitMany(1)
    await open.query('commit')
    expect(await replayAll({ fromCursor: page.nextCursor })).toEqual([2])
    expect(await queued()).toEqual([rows[0].id, ...later].toSorted())
  } finally {
    open.release()
  }
})

test('a replay is refused when its cursor belongs to another user or webhook, or has expired', async ({
  api,
  hook,
}) => {
  const { id, user, url, emitMany, replayAll, queued } = hook
  await emitMany(1_100)
  const admin = await api.as(randomUUID(), 'admin')
  const own = (await feed(user, '?cursor=beginning&limit=1')).page.nextCursor
  const others = (await feed(admin)).page.nextCursor
  const cursor = parseCursor(user.id, (await feed(user)).page.nextCursor) ?? expect.fail('no cursor')
  const old = { ...cursor, from: { ...cursor.from, takenAtMs: Date.now() - 31 * 86_400_000 } }
  const future = { ...cursor, from: { ...cursor.from, snapshot: '999999999999:999999999999:' } }
  const refused: [object, string][] = [
    [{ fromCursor: others }, 'is no cursor'],
    [{ fromCursor: formatCursor(user.id, old) }, 'has expired'],
    [{ fromCursor: formatCursor(user.id, future) }, 'has expired'],
    [{ fromCursor: formatCursor(user.id, { ...cursor, epoch: 2 }) }, 'has expired'],
    [{ fromCursor: own, from: '2026-01-01T00:00:00Z' }, 'stands alone'],
    [{ fromCursor: own, cursor: own }, 'stands alone'],
    [{ cursor: own }, 'belongs to no replay'],
  ]
  for (const [body, detail] of refused) {
    const { status, body: problem } = await user.post(url, body)
    const [error] = (problem.errors ?? []) as { detail: string }[]
    expect([status, error?.detail]).toEqual([422, expect.stringContaining(detail)])
  }
  expect(await queued()).toEqual([])
  const { nextCursor } = (await user.post(url, { fromCursor: 'beginning' })).body as Result
  const other = await insertWebhook(api.pool, user.id)
  expect((await user.post(`/v1/webhooks/${other}/replay`, { cursor: nextCursor })).status).toBe(422)
  expect((await admin.get(`/v1/changes?cursor=${nextCursor}`)).status).toBe(400)
  // An administrator goes on with the cursors of the owner.
  await api.pool.query('delete from deliveries where target = $1', [id])
  expect(await replayAll({ fromCursor: own }, admin)).toEqual([1_000, 100])
})
