import { randomUUID } from 'node:crypto'
import { singleJobId } from '@goals-tasks/events'
import { expect } from 'vitest'
import { test } from './support/dead-letters.ts'

test('the list pages from the newest dead letter to the oldest', async ({ ops, send }) => {
  const oldest = await ops.createDeadLetter('sync')
  const middle = await ops.createDeadLetter('audit-log')
  const newest = await ops.createDeadLetter('sync')
  const first = await send('GET', '?limit=2')
  expect(first.json().data.map(({ id }: { id: string }) => id)).toEqual([newest.id, middle.id])
  const { nextCursor, hasMore } = first.json().page
  expect(hasMore).toBe(true)
  expect(first.headers.link).toContain(nextCursor)
  const second = await send('GET', `?limit=2&cursor=${nextCursor}`)
  expect(second.json()).toMatchObject({ data: [{ id: oldest.id }], page: { nextCursor: null, hasMore: false } })
  expect((await send('GET', '?consumer=audit-log')).json().data).toHaveLength(1)
})

test('the list gets 400 when a query parameter is unknown or invalid', async ({ send }) => {
  const unknown = await send('GET', '?consumr=sync')
  expect(unknown.statusCode).toBe(400)
  expect(unknown.json().errors[0].detail).toContain('consumer')
  for (const query of ['?consumer=nothing', '?limit=201', '?limit=0', '?cursor=x', '?diedFrom=yesterday']) {
    expect((await send('GET', query)).statusCode, query).toBe(400)
  }
})

test('a dead letter is shown with its event', async ({ ops, send }) => {
  const { id, aggregateId } = await ops.createDeadLetter('sync', 'answered 500')
  expect((await send('GET', `/${id}`)).json()).toMatchObject({
    id,
    error: 'answered 500',
    event: { type: 'goal:created', aggregateId },
  })
  expect((await send('GET', `/${randomUUID()}`)).statusCode).toBe(404)
  expect((await send('GET', '/nothing')).statusCode).toBe(400)
})

test('a replay restores the delivery, enqueues it and removes the dead letter from Bull Board', async ({
  ops,
  send,
  deliveriesOf,
}) => {
  const { queue, dead } = ops.queueOf('audit-log')
  const { id, eventId, aggregateId } = await ops.createDeadLetter('audit-log')
  expect(await dead.getJob(id)).toBeDefined()

  const response = await send('POST', `/${id}/replay`)
  expect(response.json()).toMatchObject({ id, consumer: 'audit-log', eventId, replays: 1 })
  expect(await deliveriesOf('audit-log')).toEqual([{ id: eventId, attempts: 0, replays: 1 }])
  const job = await queue.getJob(singleJobId('audit-log', { id: eventId, attempts: 0, replays: 1 }))
  expect(job?.data.events).toEqual([{ id: eventId, type: 'goal:created', aggregateId }])
  expect(await dead.getJob(id)).toBeUndefined()
  expect((await send('POST', `/${id}/replay`)).statusCode).toBe(404)
  expect(await deliveriesOf('audit-log')).toHaveLength(1)
})

test('a bulk replay takes the oldest dead letters up to its limit, and a dry run only counts', async ({
  ops,
  send,
  deliveriesOf,
}) => {
  for (const error of ['answered 500', 'answered 500', 'answered 410', 'answered 500'])
    await ops.createDeadLetter('sync', error)
  await ops.createDeadLetter('audit-log')
  const before = await ops.queueOf('sync').queue.getWaitingCount()
  const body = { consumer: 'sync', error: 'answered 500' }
  const replay = async (more: object) => (await send('POST', '/replay', { ...body, ...more })).json()

  expect(await replay({ dryRun: true })).toEqual({ dryRun: true, wouldReplay: 3 })
  expect(await deliveriesOf('sync')).toHaveLength(1)
  expect(await replay({ limit: 2 })).toEqual({ dryRun: false, replayed: 2 })
  expect(await ops.queueOf('sync').queue.getWaitingCount()).toBe(before + 2)
  expect(await replay({})).toEqual({ dryRun: false, replayed: 1 })
  expect((await send('GET', '')).json().data).toHaveLength(2)
  expect((await send('POST', '/replay', {})).statusCode).toBe(422)
  expect((await send('POST', '/replay', { ...body, limit: 1_001 })).statusCode).toBe(422)
})

test('a discarded dead letter is gone from the list and from Bull Board', async ({ ops, send }) => {
  const { id } = await ops.createDeadLetter('sync')
  expect((await send('DELETE', `/${id}`)).statusCode).toBe(204)
  expect((await send('GET', `/${id}`)).statusCode).toBe(404)
  expect(await ops.queueOf('sync').dead.getJob(id)).toBeUndefined()
  expect((await send('DELETE', `/${id}`)).statusCode).toBe(404)
})

test('a bulk discard deletes what matches, and a dry run only counts', async ({ ops, send }) => {
  for (const error of ['answered 500', 'answered 500', 'answered 410']) await ops.createDeadLetter('sync', error)
  const body = { consumer: 'sync', error: 'answered 500' }
  const discard = async (more: object) => (await send('POST', '/discard', { ...body, ...more })).json()
  expect(await discard({ dryRun: true })).toEqual({ dryRun: true, wouldDiscard: 2 })
  expect(await discard({ limit: 1 })).toEqual({ dryRun: false, discarded: 1 })
  expect(await discard({})).toEqual({ dryRun: false, discarded: 1 })
  expect((await send('GET', '/groups?consumer=sync')).json()).toMatchObject({
    data: [{ consumer: 'sync', error: 'answered 410', count: 1 }],
  })
  expect((await send('POST', '/discard', {})).statusCode).toBe(422)
  expect((await send('GET', '/groups?consumer=nothing')).statusCode).toBe(400)
})
