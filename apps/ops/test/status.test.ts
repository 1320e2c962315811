import { randomUUID } from 'node:crypto'
import { recordFailure, recordReceiver } from '@goals-tasks/db'
import { loadStatus, type Status } from '@goals-tasks/operations'
import { expect } from 'vitest'
import { bearer } from './support/actors.ts'
import { type Ops, test } from './support/ops.ts'

test.beforeEach(async ({ ops }) => {
  await ops.pool.query('truncate deliveries, dead_letters, events')
})

const statusOfSync = ({ consumers }: Status) => consumers.find(({ consumer }) => consumer === 'sync')
const getStatusOfSync = async ({ app }: Ops) =>
  statusOfSync((await app.inject({ url: '/ops/status', headers: await bearer() })).json())

test('the status shows the jobs, deliveries and dead letters of a consumer', async ({ ops }) => {
  expect(await getStatusOfSync(ops)).toEqual({
    consumer: 'sync',
    hasReceiver: true,
    queue: { waiting: 0, active: 0, delayed: 0, failed: 0, paused: false },
    workers: 0,
    pause: null,
    oldestPendingSeconds: null,
    oldestUntriedSeconds: null,
    oldestPendingSecondsByWebhook: null,
    pendingDeliveries: 0,
    deadLetters: 0,
    lastError: null,
  })
  await ops.createDeadLetter('sync')
  await ops.createGoal()
  const { queue } = ops.queueOf('sync')
  await queue.add('goal:created', { events: [] })
  await queue.add('goal:created', { events: [] }, { delay: 60_000 })
  await queue.pause()
  expect(await getStatusOfSync(ops)).toMatchObject({
    queue: { waiting: 1, delayed: 1, paused: true },
    pendingDeliveries: 1,
    deadLetters: 1,
    oldestPendingSeconds: expect.any(Number),
  })
})

test('the status says whether a consumer has a receiver, and null when it needs none', async ({
  ops,
  onTestFinished,
}) => {
  onTestFinished(async () => void (await recordReceiver(ops.pool, 'sync', true)))
  const receivers = async () => (await loadStatus(ops)).consumers.map((each) => [each.consumer, each.hasReceiver])
  const others = ['audit-log', 'cache-invalidation', 'notifications'].map((consumer) => [consumer, null])
  expect(await receivers()).toEqual([...others, ['sync', true], ['email', false]])
  await recordReceiver(ops.pool, 'sync', false)
  expect(await receivers()).toEqual([...others, ['sync', false], ['email', false]])
})

test('the oldest pending event has the age of the event when its delivery is due later', async ({ ops }) => {
  await ops.pool.query(
    `insert into deliveries (consumer, event_id) values ('sync', uuidv7(interval '-10 minutes')), ('sync', uuidv7())`,
  )
  expect(statusOfSync(await loadStatus(ops))?.oldestPendingSeconds).toBeCloseTo(600, -1)
})

test('the last error is that of the newest failed event, pending or dead letter', async ({ ops }) => {
  const lastError = async () => statusOfSync(await loadStatus(ops))?.lastError
  const fail = async (error: string) => {
    const { id: eventId } = await ops.createGoal()
    await recordFailure(ops.pool, { consumer: 'sync', eventId, error, delaysMs: [60_000], leaseMs: 30_000 })
    return eventId
  }
  const older = await ops.createDeadLetter('sync', 'it was refused')
  expect(await lastError()).toMatchObject({ eventId: older.eventId, error: 'it was refused', givenUp: true })
  const eventId = await fail('it timed out')
  await ops.createGoal()
  expect(await lastError()).toEqual({
    eventId,
    error: 'it timed out',
    attempts: 1,
    givenUp: false,
    eventAgeSeconds: expect.any(Number),
  })
  const newer = await ops.createDeadLetter('sync', 'it was refused again')
  expect(await lastError()).toMatchObject({ eventId: newer.eventId, givenUp: true })
})

test('the status gets 400 when a query parameter is unknown', async ({ ops }) => {
  expect((await ops.app.inject({ url: '/ops/status?all=1', headers: await bearer() })).statusCode).toBe(400)
})

test('the trace of an event or a goal shows its consumers, and its page links their ids', async ({ ops }) => {
  const { id: deadLetterId, eventId, aggregateId } = await ops.createDeadLetter('sync')
  const get = async (url: string, headers: Record<string, string> = {}) =>
    ops.app.inject({ url, headers: { ...(await bearer()), ...headers } })
  const trace = (await get(`/ops/trace/${eventId}`)).json()
  expect(trace).toMatchObject({ entity: null, events: [{ id: eventId, type: 'goal:created' }] })
  const sync = trace.events[0].consumers.find(({ consumer }: { consumer: string }) => consumer === 'sync')
  expect(JSON.stringify(sync)).toContain(deadLetterId)
  expect((await get(`/ops/trace/${aggregateId}?limit=1`)).json()).toMatchObject({ entity: { kind: 'goal' } })

  const page = await get(`/ops/trace/${eventId}`, { accept: 'text/html' })
  expect(page.body).toContain(`<a href="/ops/trace/${eventId}">`)
  expect((await get(`/ops/dead-letters/${deadLetterId}`, { accept: 'text/html' })).body).toContain(
    `<a href="/ops/trace/${eventId}">`,
  )
})

test('a trace gets 404 when no goal, task or event has the id, and 400 when the id is malformed', async ({ ops }) => {
  const get = async (id: string) =>
    (await ops.app.inject({ url: `/ops/trace/${id}`, headers: await bearer() })).statusCode
  expect(await get(randomUUID())).toBe(404)
  expect([await get('nothing'), await get(`${randomUUID()}?limit=0`)]).toEqual([400, 400])
})
