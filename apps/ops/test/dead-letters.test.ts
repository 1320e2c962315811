import { randomUUID } from 'node:crypto'
import { singleJobId } from '@goals-tasks/events'
import pino from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { createSessions } from '../src/login/session.ts'
import { bearer, fromOurPage, operatorId, secret, startOps } from './support/start-ops.ts'

const ops = await startOps()
const { app, pool } = ops
beforeEach(() => pool.query('truncate deliveries, dead_letters'))

const send = async (method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) =>
  app.inject({ method, url: `/ops/dead-letters${path}`, headers: await bearer(), ...(payload ? { payload } : {}) })
const deliveries = async (consumer: string) =>
  (await pool.query('select event_id as id, attempts, replays from deliveries where consumer = $1', [consumer])).rows

test('the list goes from the newest to the oldest, page by page', async () => {
  const letters = [
    await ops.createDeadLetter('sync'),
    await ops.createDeadLetter('audit-log'),
    await ops.createDeadLetter('sync'),
  ]
  const first = await send('GET', '?limit=2')
  expect(first.json().data.map((letter: { id: string }) => letter.id)).toEqual([letters[2]?.id, letters[1]?.id])
  const { nextCursor, hasMore } = first.json().page
  expect(hasMore).toBe(true)
  expect(first.headers.link).toContain(nextCursor)
  const second = await send('GET', `?limit=2&cursor=${nextCursor}`)
  expect(second.json()).toMatchObject({ data: [{ id: letters[0]?.id }], page: { nextCursor: null, hasMore: false } })
  expect((await send('GET', '?consumer=audit-log')).json().data).toHaveLength(1)
})

test('what the list does not know is 400', async () => {
  const unknown = await send('GET', '?consumr=sync')
  expect(unknown.statusCode).toBe(400)
  expect(unknown.json().errors[0].detail).toContain('consumer')
  for (const query of ['?consumer=nobody', '?limit=201', '?limit=0', '?cursor=x', '?diedFrom=yesterday']) {
    expect((await send('GET', query)).statusCode, query).toBe(400)
  }
})

test('one dead letter is shown with its event', async () => {
  const { id, aggregateId } = await ops.createDeadLetter('sync', 'answered 500')
  expect((await send('GET', `/${id}`)).json()).toMatchObject({
    id,
    error: 'answered 500',
    event: { type: 'goal:created', aggregateId },
  })
  expect((await send('GET', `/${randomUUID()}`)).statusCode).toBe(404)
  expect((await send('GET', '/nothing')).statusCode).toBe(400)
})

test('a replay brings the delivery back, enqueues it at once, and takes the dead letter off the board', async () => {
  const { queue, dead } = ops.queueOf('audit-log')
  const { id, eventId, aggregateId } = await ops.createDeadLetter('audit-log')
  expect(await dead.getJob(id)).toBeDefined()

  const answer = await send('POST', `/${id}/replay`)
  expect(answer.json()).toMatchObject({ id, consumer: 'audit-log', eventId, replays: 1 })
  expect(await deliveries('audit-log')).toEqual([{ id: eventId, attempts: 0, replays: 1 }])
  const job = await queue.getJob(singleJobId('audit-log', { id: eventId, attempts: 0, replays: 1 }))
  expect(job?.data.events).toEqual([{ id: eventId, type: 'goal:created', aggregateId }])
  expect(await dead.getJob(id)).toBeUndefined()
  expect((await send('POST', `/${id}/replay`)).statusCode).toBe(404)
  expect(await deliveries('audit-log')).toHaveLength(1)
})

test('many are replayed at once, the oldest first, up to a limit; a dry run only counts', async () => {
  for (const error of ['answered 500', 'answered 500', 'answered 410', 'answered 500'])
    await ops.createDeadLetter('sync', error)
  await ops.createDeadLetter('audit-log')
  const before = await ops.queueOf('sync').queue.getWaitingCount()
  const body = { consumer: 'sync', error: 'answered 500' }
  const replay = async (more: object) => (await send('POST', '/replay', { ...body, ...more })).json()

  expect(await replay({ dryRun: true })).toEqual({ dryRun: true, wouldReplay: 3 })
  expect(await deliveries('sync')).toHaveLength(1)
  expect(await replay({ limit: 2 })).toEqual({ dryRun: false, replayed: 2 })
  expect(await ops.queueOf('sync').queue.getWaitingCount()).toBe(before + 2)
  expect(await replay({})).toEqual({ dryRun: false, replayed: 1 })
  expect((await send('GET', '')).json().data).toHaveLength(2)
  expect((await send('POST', '/replay', {})).statusCode).toBe(422)
  expect((await send('POST', '/replay', { ...body, limit: 1_001 })).statusCode).toBe(422)
})

test('a discarded dead letter is gone everywhere', async () => {
  const { id } = await ops.createDeadLetter('sync')
  expect((await send('DELETE', `/${id}`)).statusCode).toBe(204)
  expect((await send('GET', `/${id}`)).statusCode).toBe(404)
  expect(await ops.queueOf('sync').dead.getJob(id)).toBeUndefined()
  expect((await send('DELETE', `/${id}`)).statusCode).toBe(404)
})

test('a change with a cookie needs a page of ours; with a token it does not', async () => {
  const { value } = await createSessions(secret).seal({
    id: operatorId,
    admin: false,
    scopes: new Set(['ops']),
    expiresAtMs: Date.now() + 60_000,
  })
  const { id } = await ops.createDeadLetter('sync')
  const replay = (headers: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: `/ops/dead-letters/${id}/replay`,
      headers: { host: 'ops.example', cookie: `ops_session=${value}`, ...headers },
    })
  expect((await replay({})).statusCode).toBe(403)
  expect((await replay({ origin: 'https://evil.example' })).statusCode).toBe(403)
  expect((await replay({ 'sec-fetch-site': 'same-site', origin: 'https://ops.example' })).statusCode).toBe(403)
  expect(await deliveries('sync')).toEqual([])
  expect((await replay({ origin: 'https://ops.example' })).statusCode).toBe(200)
  const other = await ops.createDeadLetter('sync')
  expect(
    (
      await app.inject({
        method: 'DELETE',
        url: `/ops/dead-letters/${other.id}`,
        headers: { cookie: `ops_session=${value}`, ...fromOurPage },
      })
    ).statusCode,
  ).toBe(204)
})

test('nobody without the scope ops sees or changes a dead letter', async () => {
  const { id } = await ops.createDeadLetter('sync')
  for (const [method, path] of [
    ['GET', ''],
    ['GET', `/${id}`],
    ['POST', `/${id}/replay`],
    ['POST', '/replay'],
    ['DELETE', `/${id}`],
  ] as const) {
    const url = `/ops/dead-letters${path}`
    expect((await app.inject({ method, url })).statusCode).toBe(401)
    expect((await app.inject({ method, url, headers: await bearer('tasks:write') })).statusCode).toBe(403)
  }
  expect((await send('GET', `/${id}`)).statusCode).toBe(200)
})

test('each replay and discard leaves a line with the operator and the letter', async () => {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (text: string) => void lines.push(JSON.parse(text)) })
  const told = await startOps({ log })
  const change = async (method: 'POST' | 'DELETE', path: string, payload?: object) =>
    told.app.inject({
      method,
      url: `/ops/dead-letters/${path}`,
      headers: await bearer(),
      ...(payload ? { payload } : {}),
    })
  const [one, two, three, four] = [
    await told.createDeadLetter('sync'),
    await told.createDeadLetter('sync'),
    await told.createDeadLetter('sync'),
    await told.createDeadLetter('audit-log'),
  ]
  await change('POST', `${one.id}/replay`)
  await change('POST', 'replay', { consumer: 'sync' })
  await change('DELETE', four.id)
  const line = (letter: { id: string; eventId: string }, consumer: string, msg: string) =>
    expect.objectContaining({ operator: operatorId, letter: letter.id, eventId: letter.eventId, consumer, msg })
  expect(lines.filter(({ letter }) => letter)).toEqual([
    line(one, 'sync', 'dead letter replayed'),
    line(two, 'sync', 'dead letter replayed'),
    line(three, 'sync', 'dead letter replayed'),
    line(four, 'audit-log', 'dead letter discarded'),
  ])
})
