import { randomUUID } from 'node:crypto'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import type { CommittedEvent, ConsumerName } from '@goals-tasks/events'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import {
  countDeadLetters,
  discardDeadLetter,
  listDeadLetters,
  loadDeadLetter,
  replayDeadLetter,
  replayDeadLetters,
} from '../src/delivery/dead-letters.ts'
import { claimEvents, moveToDeadLetters } from '../src/delivery/deliveries.ts'
import { createDatabase } from '../src/engine/client.ts'

let database: ReturnType<typeof createDatabase>
let pool: pg.Pool
beforeAll(async () => {
  database = createDatabase({ ...(await freshDatabase()), poolSize: 4, name: 'test', onError: () => undefined })
  pool = database.pool
})
afterAll(() => database.close())
beforeEach(() => pool.query('truncate goals, events, event_readers, deliveries, dead_letters cascade'))

async function createGoal(): Promise<CommittedEvent> {
  const actorId = randomUUID()
  const values = {
    id: randomUUID(),
    userId: actorId,
    title: 'a goal',
    description: null,
    priority: 'LOW',
    targetDate: null,
  } as const
  const committed = await createCommit(pool, () => undefined).createGoal({
    values: { ...values, category: null, tags: [], metadata: {} },
    metadata: { types: ['goal:created'], actorId },
  })
  const [event] = committed?.events ?? []
  if (!event) throw new Error('nothing was committed')
  return event
}

async function bury(consumer: ConsumerName, error = 'it broke', event?: CommittedEvent): Promise<string> {
  const { id: eventId } = event ?? (await createGoal())
  const id = await moveToDeadLetters(pool, { consumer, eventId, error })
  if (!id) throw new Error('nothing was buried')
  return id
}

const deliveries = async (consumer: ConsumerName) =>
  (
    await pool.query('select event_id as id, attempts, replays, last_error from deliveries where consumer = $1', [
      consumer,
    ])
  ).rows

test('the newest dead letter is first, and the next page begins after the last one', async () => {
  const ids = [await bury('sync'), await bury('audit-log'), await bury('sync')]
  const all = await listDeadLetters(pool, {}, { limit: 10 })
  expect(all.map((letter) => letter.id)).toEqual(ids.toReversed())
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
  expect(second.map((letter) => letter.id)).toEqual([ids[1]])
})

test('a filter goes by consumer, by a part of the error, and by time', async () => {
  const timeout = await bury('sync', 'ETIMEDOUT after 10 s')
  await bury('sync', 'answered 500')
  await bury('audit-log', 'ETIMEDOUT after 10 s')
  const found = await listDeadLetters(pool, { consumer: 'sync', error: 'TIMEDOUT' }, { limit: 10 })
  expect(found.map((letter) => letter.id)).toEqual([timeout])
  expect(await countDeadLetters(pool, { error: 'TIMEDOUT' }, 10)).toBe(2)
  expect(await countDeadLetters(pool, { diedBefore: '2020-01-01T00:00:00Z' }, 10)).toBe(0)
  expect(await countDeadLetters(pool, { diedFrom: '2020-01-01T00:00:00Z' }, 2)).toBe(2)
})

test('a dead letter holds the whole event', async () => {
  const id = await bury('sync')
  const letter = await loadDeadLetter(pool, id)
  expect(letter?.event).toMatchObject({
    id: letter?.eventId,
    type: 'goal:created',
    before: null,
    after: { title: 'a goal' },
  })
  expect(await loadDeadLetter(pool, randomUUID())).toBeUndefined()
})

test('a replay makes it a delivery again, with no attempts and one replay more, and happens once', async () => {
  const event = await createGoal()
  await pool.query(`update deliveries set attempts = 8 where consumer = 'sync'`)
  const id = await bury('sync', 'it broke', event)
  expect(await replayDeadLetter(pool, id)).toMatchObject({
    id,
    consumer: 'sync',
    eventId: event.id,
    type: 'goal:created',
    replays: 1,
  })
  expect(await deliveries('sync')).toEqual([{ id: event.id, attempts: 0, replays: 1, last_error: null }])
  expect(await loadDeadLetter(pool, id)).toBeUndefined()
  expect(await replayDeadLetter(pool, id)).toBeUndefined()

  const again = await bury('sync', 'it broke again', event)
  expect(await replayDeadLetter(pool, again)).toMatchObject({ replays: 2 })
})

test('of two replays at the same time one finds nothing', async () => {
  const id = await bury('sync')
  const results = await Promise.all([replayDeadLetter(pool, id), replayDeadLetter(pool, id)])
  expect(results.filter(Boolean)).toHaveLength(1)
  expect(await deliveries('sync')).toHaveLength(1)
})

test('a replay in bulk takes the oldest first, and no more than its limit', async () => {
  const oldest = await bury('sync')
  await bury('sync')
  await bury('audit-log')
  expect((await replayDeadLetters(pool, { consumer: 'sync' }, 1)).map((letter) => letter.id)).toEqual([oldest])
  expect(await replayDeadLetters(pool, { consumer: 'sync' }, 10)).toHaveLength(1)
  expect(await countDeadLetters(pool, {}, 10)).toBe(1)
})

test('a replay puts back an event whose partition has been dropped, as it was', async () => {
  const event = await createGoal()
  const [before] = await claimEvents(pool, 'audit-log', [event.id])
  const id = await bury('sync', 'it broke', event)
  await pool.query('delete from events')
  await replayDeadLetter(pool, id)
  expect(await claimEvents(pool, 'sync', [event.id])).toEqual([before])
})

test('a discarded dead letter is neither there nor a delivery', async () => {
  const id = await bury('sync')
  expect(await discardDeadLetter(pool, id)).toMatchObject({ id, consumer: 'sync' })
  expect(await discardDeadLetter(pool, id)).toBeUndefined()
  expect(await deliveries('sync')).toEqual([])
})
