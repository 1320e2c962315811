import { randomUUID } from 'node:crypto'
import type { CommittedEvent, ConsumerName } from '@goals-tasks/events'
import type pg from 'pg'
import { expect } from 'vitest'
import {
  countDeadLetters,
  discardDeadLetters,
  listDeadLetters,
  loadDeadLetter,
  replayDeadLetters,
} from '../src/delivery/dead-letters.ts'
import { claimEvents } from '../src/delivery/deliveries.ts'
import { moveToDeadLetters } from '../src/delivery/failures.ts'
import { commitGoal, emptyTables } from './support/committed-goal.ts'
import { test } from './support/database-test.ts'

test.beforeEach(async ({ pool }) => void (await emptyTables(pool)))

type Failed = { consumer: ConsumerName; error?: string; event?: CommittedEvent }

/** Moves a delivery of `event`, or of a new event, to the dead letters. @returns the id of the dead letter */
async function createDeadLetter(pool: pg.Pool, { consumer, error = 'it broke', event }: Failed): Promise<string> {
  const { id: eventId } = event ?? (await commitGoal(pool))
  const id = await moveToDeadLetters(pool, { consumer, eventId, error })
  if (!id) throw new Error('the delivery did not become a dead letter')
  return id
}

async function loadDeliveries(pool: pg.Pool, consumer: ConsumerName) {
  const { rows } = await pool.query(
    'select event_id as id, attempts, replays, last_error from deliveries where consumer = $1',
    [consumer],
  )
  return rows
}

/** Returns undefined when the dead letter does not exist, or when another transaction is replaying it. */
async function replayOne(pool: pg.Pool, id: string) {
  const [replayed] = await replayDeadLetters(pool, { ids: [id] }, 1)
  return replayed
}

const idsOf = (rows: readonly { id: string }[]) => rows.map((row) => row.id)

test('a page of dead letters starts with the newest, and the next page after the last one', async ({ pool }) => {
  const ids = [
    await createDeadLetter(pool, { consumer: 'sync' }),
    await createDeadLetter(pool, { consumer: 'audit-log' }),
    await createDeadLetter(pool, { consumer: 'sync' }),
  ]
  const all = await listDeadLetters(pool, {}, { limit: 10 })
  expect(idsOf(all)).toEqual(ids.toReversed())
  expect(all[0]).toMatchObject({
    consumer: 'sync',
    type: 'goal:created',
    aggregateType: 'goal',
    attempts: 0,
    replays: 0,
    error: 'it broke',
  })
  expect(all[0]?.diedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const second = await listDeadLetters(pool, {}, { after: ids[2], limit: 1 })
  expect(idsOf(second)).toEqual([ids[1]])
})

test('a filter selects dead letters by consumer, by a part of the error, and by time', async ({ pool }) => {
  const timeout = await createDeadLetter(pool, { consumer: 'sync', error: 'ETIMEDOUT after 10 s' })
  await createDeadLetter(pool, { consumer: 'sync', error: 'answered 500' })
  await createDeadLetter(pool, { consumer: 'audit-log', error: 'ETIMEDOUT after 10 s' })
  const found = await listDeadLetters(pool, { consumer: 'sync', error: 'TIMEDOUT' }, { limit: 10 })
  expect(idsOf(found)).toEqual([timeout])
  expect(await countDeadLetters(pool, { error: 'TIMEDOUT' }, 10)).toBe(2)
  expect(await countDeadLetters(pool, { diedBefore: '2020-01-01T00:00:00Z' }, 10)).toBe(0)
  expect(await countDeadLetters(pool, { diedFrom: '2020-01-01T00:00:00Z' }, 2)).toBe(2)
})

test('a dead letter contains the whole event', async ({ pool }) => {
  const id = await createDeadLetter(pool, { consumer: 'sync' })
  const deadLetter = await loadDeadLetter(pool, id)
  expect(deadLetter?.event).toMatchObject({
    id: deadLetter?.eventId,
    type: 'goal:created',
    before: null,
    after: { title: 'A goal' },
  })
  expect(await loadDeadLetter(pool, randomUUID())).toBeUndefined()
})

test('a dead letter becomes a delivery without attempts once when it is replayed', async ({ pool }) => {
  const event = await commitGoal(pool)
  await pool.query(`update deliveries set attempts = 8 where consumer = 'sync'`)
  const id = await createDeadLetter(pool, { consumer: 'sync', event })
  expect(await replayOne(pool, id)).toMatchObject({
    id,
    consumer: 'sync',
    eventId: event.id,
    type: 'goal:created',
    replays: 1,
  })
  expect(await loadDeliveries(pool, 'sync')).toEqual([{ id: event.id, attempts: 0, replays: 1, last_error: null }])
  expect(await loadDeadLetter(pool, id)).toBeUndefined()
  expect(await replayOne(pool, id)).toBeUndefined()

  const again = await createDeadLetter(pool, { consumer: 'sync', error: 'it broke again', event })
  expect(await replayOne(pool, again)).toMatchObject({ replays: 2 })
})

test('only one of two replays finds the dead letter when they run at the same time', async ({ pool }) => {
  const id = await createDeadLetter(pool, { consumer: 'sync' })
  const results = await Promise.all([replayOne(pool, id), replayOne(pool, id)])
  expect(results.filter(Boolean)).toHaveLength(1)
  expect(await loadDeliveries(pool, 'sync')).toHaveLength(1)
})

test('a replay does not wait when another transaction holds the dead letter', async ({ pool }) => {
  const id = await createDeadLetter(pool, { consumer: 'sync' })
  const other = await pool.connect()
  try {
    await other.query('begin')
    await other.query('select from dead_letters where id = $1 for update', [id])
    expect(await replayOne(pool, id)).toBeUndefined()
  } finally {
    await other.query('rollback')
    other.release()
  }
  expect(await replayOne(pool, id)).toMatchObject({ id })
})

test('a bulk replay takes the oldest dead letters first, and at most its limit', async ({ pool }) => {
  const oldest = await createDeadLetter(pool, { consumer: 'sync' })
  await createDeadLetter(pool, { consumer: 'sync' })
  await createDeadLetter(pool, { consumer: 'audit-log' })
  expect(idsOf(await replayDeadLetters(pool, { consumer: 'sync' }, 1))).toEqual([oldest])
  expect(await replayDeadLetters(pool, { consumer: 'sync' }, 10)).toHaveLength(1)
  expect(await countDeadLetters(pool, {}, 10)).toBe(1)
})

test('a replay inserts the same event again when its partition was dropped', async ({ pool }) => {
  const event = await commitGoal(pool)
  const [before] = await claimEvents(pool, 'audit-log', [event.id])
  const id = await createDeadLetter(pool, { consumer: 'sync', event })
  await pool.query('delete from events')
  await replayOne(pool, id)
  expect(await claimEvents(pool, 'sync', [event.id])).toEqual([before])
})

test('a bulk replay inserts an event once when two consumers failed and its partition was dropped', async ({
  pool,
}) => {
  const event = await commitGoal(pool)
  for (const consumer of ['audit-log', 'sync'] as const) await createDeadLetter(pool, { consumer, event })
  await pool.query('delete from events')
  expect(await replayDeadLetters(pool, {}, 10)).toHaveLength(2)
  expect(await claimEvents(pool, 'sync', [event.id])).toMatchObject([{ id: event.id, type: 'goal:created' }])
})

test('a replay keeps the assignees of the event when its partition was dropped', async ({ pool }) => {
  const event = await commitGoal(pool)
  const assignees = [randomUUID(), randomUUID()]
  await pool.query('update events set assignees = $1', [assignees])
  const id = await createDeadLetter(pool, { consumer: 'sync', event })
  await pool.query('delete from events')
  await replayOne(pool, id)
  expect(await claimEvents(pool, 'sync', [event.id])).toMatchObject([{ assignees }])
})

test('a discarded dead letter is deleted and does not become a delivery', async ({ pool }) => {
  const id = await createDeadLetter(pool, { consumer: 'sync' })
  expect(await discardDeadLetters(pool, { ids: [id] }, 1)).toMatchObject([{ id, consumer: 'sync' }])
  expect(await discardDeadLetters(pool, { ids: [id] }, 1)).toEqual([])
  expect(await loadDeliveries(pool, 'sync')).toEqual([])
})
