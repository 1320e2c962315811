import { randomUUID } from 'node:crypto'
import { cleanUp, until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { beginFollowing, type FeedMessage } from '../../src/features/changes/follow.ts'
import { createHub } from '../../src/features/changes/hub.ts'
import { test } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'

const limits = {
  maxUnsentBytes: 1_000,
  stalledMs: 100_000,
  drainCheckMs: 5,
  heartbeatMs: 20,
  retryMs: 10,
  pageSize: 10,
}

/** `lookMs` is the time between two queries of the hub, which gets no hints. */
type FollowOptions = {
  db?: Pick<TestApp['pool'], 'query'>
  stalledMs?: number
  cursor?: string
  lookMs?: number
}

/** Begins a stream to a client that takes only what the test lets it take. */
async function follow(
  { pool }: TestApp,
  id: string,
  { db = pool, stalledMs = limits.stalledMs, cursor, lookMs = 10 }: FollowOptions = {},
) {
  const messages: FeedMessage[] = []
  const ended = new AbortController()
  const client = { unsentBytes: 0, takesAll: true, errors: 0 }
  const hub = createHub(pool, { onError: () => undefined, withoutHintsMs: lookMs })
  const listener = hub.admit(id)
  if (typeof listener === 'string') throw new Error(listener)
  const run = await beginFollowing({
    ...{ deps: { db }, listener, limits: { ...limits, stalledMs }, signal: ended.signal },
    actor: () => ({ id, admin: false, scopes: new Set(['goals:read']), correlationId: 'test' }),
    query: { cursor, types: undefined },
    inTurn: (read) => read(),
    onError: () => client.errors++,
    sink: {
      send(message) {
        messages.push(message)
        if (!client.takesAll && message.type === 'change') client.unsentBytes += message.text.length
      },
      unsentBytes: () => client.unsentBytes,
    },
  })
  const running = run()
  cleanUp(async () => {
    ended.abort()
    listener.close()
    await hub.close()
    await running
  })
  const changes = () => messages.filter(({ type }) => type === 'change').length
  return { messages, client, running, changes, count: (type: string) => messages.filter((m) => m.type === type).length }
}

test('a slow client gets `lagging` and no more than the limit until it has read, and then everything', async ({
  api,
}) => {
  const ada = await api.as()
  const stream = await follow(api, ada.id)
  stream.client.takesAll = false
  for (let i = 0; i < 30; i++) await ada.createGoal()
  await until(() => stream.count('lagging') === 1)
  const sent = stream.changes()
  const [one] = stream.messages.filter(({ type }) => type === 'change')
  expect(sent * JSON.stringify(one).length).toBeLessThan(limits.maxUnsentBytes * 4)
  await ada.createGoal()
  const beats = stream.count('heartbeat')
  expect(stream.changes()).toBe(sent)
  // A client that reads gets several heartbeats meanwhile.
  const other = await follow(api, ada.id)
  await until(() => other.count('heartbeat') >= 3)
  expect([stream.changes(), stream.count('heartbeat')]).toEqual([sent, beats])
  stream.client.takesAll = true
  stream.client.unsentBytes = 0
  await until(() => stream.changes() === 31)
  const entities = stream.messages.flatMap((m) => (m.type === 'change' ? [JSON.parse(m.text).entityId] : []))
  expect(new Set(entities).size).toBe(31)
})

test('a client that takes nothing for too long ends its stream, and another one of the same user is not', async ({
  api,
}) => {
  const ada = await api.as()
  const [stalled, slow] = [await follow(api, ada.id, { stalledMs: 300 }), await follow(api, ada.id)]
  for (const { client } of [stalled, slow]) client.takesAll = false
  for (let i = 0; i < 10; i++) await ada.createGoal()
  expect(await stalled.running).toBe('slow')
  await until(() => slow.count('lagging') === 1)
  slow.client.takesAll = true
  slow.client.unsentBytes = 0
  await until(() => slow.changes() === 10)
})

test('a stream says that it lags while Postgres is away, keeps its heartbeat, and then sends everything', async ({
  api,
}) => {
  const ada = await api.as()
  let isAway = false
  const query = (...given: Parameters<TestApp['pool']['query']>) =>
    isAway ? Promise.reject(new Error('Postgres is away')) : api.pool.query(...given)
  const stream = await follow(api, ada.id, { db: { query } as unknown as TestApp['pool'] })
  isAway = true
  // The first read of the stream may still be running, and find the first goal.
  let goals = 0
  await until(async () => {
    await ada.createGoal()
    goals++
    return stream.client.errors >= 3
  })
  const beats = stream.count('heartbeat')
  await until(() => stream.count('heartbeat') > beats)
  expect(stream.count('lagging')).toBe(1)
  expect(stream.changes()).toBeLessThan(goals)
  isAway = false
  await until(() => stream.changes() === goals)
})

test('a stream that begins between two pages sends the changes after them without a hint', async ({ api }) => {
  const ada = await api.as()
  for (let i = 0; i < 3; i++) await ada.createGoal()
  const { body } = await ada.get('/v1/changes?cursor=beginning&limit=2')
  await ada.createGoal()
  const { nextCursor } = body.page as { nextCursor: string }
  const stream = await follow(api, ada.id, { cursor: nextCursor, lookMs: 1_000_000 })
  await until(() => stream.changes() === 2)
})

test('a stream does not begin when the feed cannot be read', async ({ api }) => {
  const query = () => Promise.reject(new Error('Postgres is away'))
  await expect(follow(api, randomUUID(), { db: { query } as unknown as TestApp['pool'] })).rejects.toThrow('away')
})
