import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { startBeside } from '../support/beside.ts'
import { openEventStream } from '../support/event-streams.ts'
import { test } from '../support/test.ts'
import { startTestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'

test.override({ apiOptions: { streamLimits: { heartbeatMs: 50, verifyEveryMs: 50 } } })

test('a write after `ready` always arrives, with the same body as in the JSON form', async ({ api }) => {
  const ada = await api.as()
  for (let i = 0; i < 5; i++) {
    const stream = await openEventStream(api, { userId: ada.id })
    await stream.waitFor('ready')
    const goal = await ada.createGoal()
    await until(() => stream.changes().length === 1)
    const [ready] = stream.of('ready')
    const { body } = await ada.get(`/v1/changes?cursor=${ready?.data?.cursor}`)
    expect(stream.changes()).toEqual(body.data)
    expect(stream.changes()[0]).toMatchObject({ entityId: goal.id, type: 'goal:created' })
    stream.close()
  }
})

test('a stream is not compressed or buffered, and has the headers of every response', async ({ api }) => {
  const { response } = await openEventStream(api, { headers: { 'accept-encoding': 'br, gzip' } })
  expect(Object.fromEntries(response.headers)).toMatchObject({
    ...{ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    ...{ 'x-request-id': expect.any(String), 'x-content-type-options': 'nosniff' },
  })
  expect(response.headers.has('content-encoding')).toBe(false)
})

test('a stream continues after its last id or the cursor when it is opened again, without a gap', async ({ api }) => {
  const ada = await api.as()
  const first = await openEventStream(api, { userId: ada.id })
  await first.waitFor('ready')
  await ada.createGoal()
  await until(() => first.changes().length === 1)
  const lastEventId = first.lastId()
  first.close()
  const goals = [(await ada.createGoal()).id, (await ada.createGoal()).id]
  const streams = [
    await openEventStream(api, { userId: ada.id, lastEventId, cursor: 'beginning' }),
    await openEventStream(api, { userId: ada.id, cursor: lastEventId }),
  ]
  goals.push((await ada.createGoal()).id)
  for (const stream of streams) {
    await until(() => stream.changes().length === 3)
    expect(stream.changes().map(({ entityId }) => entityId)).toEqual(goals)
    expect(stream.of('reset')).toEqual([])
  }
})

test('an idle stream gets a heartbeat, whose cursor moves on', async ({ api }) => {
  const stream = await openEventStream(api)
  await stream.waitFor('ready')
  await until(() => stream.blocks.filter(({ id, event }) => id !== undefined && event === undefined).length >= 3)
})

test('an unknown or expired id leads to one reset, and its cursor to no further one', async ({ api }) => {
  const ada = await api.as()
  const own = (await ada.get('/v1/changes')).body.page as { nextCursor: string }
  const members = JSON.parse(Buffer.from(own.nextCursor, 'base64url').toString())
  members[2] = 7
  const ofOtherEpoch = Buffer.from(JSON.stringify(members)).toString('base64url')
  for (const [lastEventId, reason] of [
    ['nonsense', 'cursor-mismatch'],
    [ofOtherEpoch, 'cursor-expired'],
  ] as const) {
    const stream = await openEventStream(api, { userId: ada.id, lastEventId })
    await stream.waitFor('reset')
    // A heartbeat may have moved the last id on already.
    const cursor = stream.of('reset')[0]?.id ?? ''
    const lists = expect.arrayContaining(['/v1/tasks?deleted=include'])
    expect(stream.of('reset')).toEqual([{ id: cursor, event: 'reset', data: { reason, snapshot: { cursor, lists } } }])
    const goal = await ada.createGoal()
    await until(() => stream.changes().length === 1)
    const next = await openEventStream(api, { userId: ada.id, lastEventId: cursor })
    await until(() => next.changes().length === 1)
    expect(next.changes()[0]?.entityId).toBe(goal.id)
    expect([stream.of('reset').length, next.of('reset').length]).toEqual([1, 0])
  }
})

test('a user has ten streams of one process at most, and a closed one makes room', async ({ api }) => {
  const userId = randomUUID()
  const streams = await Promise.all(Array.from({ length: 10 }, () => openEventStream(api, { userId })))
  expect(streams.map(({ response }) => response.status)).toEqual(Array(10).fill(200))
  const { response } = await openEventStream(api, { userId })
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '10'])
  expect(await response.json()).toMatchObject({ code: 'rate-limited', policy: 'connections' })
  expect((await openEventStream(api)).response.status).toBe(200)
  streams[0]?.close()
  await until(async () => (await openEventStream(api, { userId })).response.status === 200)
})

test('a stream ends when its token expires or its API key is revoked', async ({ api }) => {
  const ada = await api.as()
  const soon = Math.floor(Date.now() / 1_000) + 1
  const byToken = await openEventStream(api, { token: await signToken(ada.id, 'tasks:read', soon) })
  const { body } = await ada.post('/v1/api-keys', { name: 'A program', scopes: ['tasks:read'] })
  const byKey = await openEventStream(api, { token: String(body.key) })
  await byKey.waitFor('ready')
  await ada.delete(`/v1/api-keys/${body.id}`)
  for (const stream of [byToken, byKey]) {
    await until(() => stream.hasEnded())
    expect(stream.blocks.at(-1)).toMatchObject({ event: 'end', data: { reason: 'token-expired' } })
  }
  expect(Date.now()).toBeGreaterThanOrEqual(soon * 1_000)
})

test('a stream ends at once when the process that serves it revokes its API key', async ({ api }) => {
  const beside = await startBeside(api, { streamLimits: { verifyEveryMs: 600_000 } })
  const ada = await beside.as()
  const { body } = await ada.post('/v1/api-keys', { name: 'A program', scopes: ['tasks:read'] })
  const [byKey, byToken] = [
    await openEventStream(beside, { token: String(body.key) }),
    await openEventStream(beside, { userId: ada.id }),
  ]
  for (const stream of [byKey, byToken]) await stream.waitFor('ready')
  await ada.delete(`/v1/api-keys/${body.id}`)
  await until(() => byKey.hasEnded())
  expect(byKey.blocks.at(-1)).toMatchObject({ event: 'end', data: { reason: 'token-expired' } })
  expect(byToken.hasEnded()).toBe(false)
})

test('a user who loses a task gets its removal, and then nothing', async ({ api }) => {
  const [owner, former] = [await api.as(), await api.as()]
  const goal = await owner.createGoal()
  const task = await owner.createTask(goal.id, { assignedTo: former.id })
  const stream = await openEventStream(api, { userId: former.id })
  await stream.waitFor('ready')
  await owner.patchTask(task.id, { assignedTo: null, title: 'Secret' })
  await owner.patchTask(task.id, { title: 'Another secret' })
  const own = await former.createGoal()
  await until(() => stream.changes().some(({ entityId }) => entityId === own.id))
  expect(stream.changes().map(({ entityId, removed }) => [entityId, removed])).toEqual([
    [task.id, true],
    [own.id, false],
  ])
  expect(JSON.stringify(stream.blocks)).not.toMatch(/secret/i)
})

test('a stream has the events of the wanted types, and of the scopes of the token', async ({ api }) => {
  const ada = await api.as()
  const wanted = await openEventStream(api, { userId: ada.id, types: 'goal:updated,task:created' })
  const tasksOnly = await openEventStream(api, { token: await signToken(ada.id, 'tasks:read') })
  await Promise.all([wanted, tasksOnly].map((stream) => stream.waitFor('ready')))
  const goal = await ada.createGoal()
  await ada.createTask(goal.id)
  await ada.actOnGoal(goal.id, 'hold')
  await until(() => wanted.changes().length === 2 && tasksOnly.changes().length === 1)
  expect(wanted.changes().map(({ type }) => type)).toEqual(['task:created', 'goal:updated'])
  expect(tasksOnly.changes().map(({ type }) => type)).toEqual(['task:created'])
})

test('a stream is refused as a request is: without a token, without the scope, with a bad query', async ({ api }) => {
  const refusals = await Promise.all([
    openEventStream(api, { token: 'none' }),
    openEventStream(api, { token: await signToken(randomUUID(), 'goals:read') }),
    openEventStream(api, { types: 'goal:exploded' }),
  ])
  expect(refusals.map(({ response }) => response.status)).toEqual([401, 403, 400])
})

test('a stopping process ends its streams, and another one continues without a gap', async ({ api }) => {
  const ada = await api.as()
  const process = await startTestApp({ database: api.database, redis: api.redis })
  const stream = await openEventStream(process, { userId: ada.id })
  await stream.waitFor('ready')
  const before = await ada.createGoal()
  await until(() => stream.changes().length === 1)
  await process.close()
  await until(() => stream.hasEnded())
  const { retry, ...end } = stream.blocks.at(-1) ?? {}
  expect(end).toEqual({ event: 'end', data: { reason: 'stopping' } })
  expect(Number(retry)).toBeGreaterThanOrEqual(1_000)
  expect(Number(retry)).toBeLessThanOrEqual(5_000)
  const after = await ada.createGoal()
  const next = await openEventStream(api, { userId: ada.id, lastEventId: stream.lastId() })
  await until(() => next.changes().length === 1)
  expect([...stream.changes(), ...next.changes()].map(({ entityId }) => entityId)).toEqual([before.id, after.id])
})
