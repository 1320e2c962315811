import { randomUUID } from 'node:crypto'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import type { CommittedEvent } from '@goals-tasks/events'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import {
  claimEvents,
  finishDeliveries,
  leaseDeliveries,
  leaseOverdue,
  loadUnfinishedEvents,
  moveToDeadLetters,
  oldestOverdueSeconds,
  recordFailure,
  snoozeDeliveries,
} from '../src/delivery/deliveries.ts'
import { createDatabase } from '../src/engine/client.ts'
import type { Executor } from '../src/engine/statement.ts'
import { inTransaction } from '../src/engine/transaction.ts'

let database: ReturnType<typeof createDatabase>
let pool: pg.Pool
beforeAll(async () => {
  database = createDatabase({ ...(await freshDatabase()), poolSize: 6, name: 'test', onError: () => undefined })
  pool = database.pool
})
afterAll(() => database.close())
beforeEach(() => pool.query('truncate goals, events, event_readers, deliveries, dead_letters cascade'))

async function createGoal(): Promise<CommittedEvent> {
  const actorId = randomUUID()
  const committed = await createCommit(pool, () => undefined).createGoal({
    values: {
      ...{ id: randomUUID(), userId: actorId, title: 'a goal', description: null, priority: 'LOW', targetDate: null },
      ...{ category: null, tags: [], metadata: {} },
    },
    metadata: { types: ['goal:created'], actorId, correlationId: 'request-1' },
  })
  const [event] = committed?.events ?? []
  if (!event) throw new Error('nothing was committed')
  return event
}
const createGoals = async (count: number) => {
  const ids: string[] = []
  for (let i = 0; i < count; i++) ids.push((await createGoal()).id)
  return ids
}
const makeDue = (ids: readonly string[], secondsAgo = 1) =>
  pool.query(`update deliveries set due_at = now() - make_interval(secs => $2) where event_id = any($1)`, [
    ids,
    secondsAgo,
  ])
const delivery = async (eventId: string) =>
  (
    await pool.query(
      `select attempts, replays, last_error, extract(epoch from due_at - now())::float8 as due_in from deliveries
       where consumer = 'sync' and event_id = $1`,
      [eventId],
    )
  ).rows[0]

test('a claim gives whole events in the order of their ids and ends their deliveries with its transaction', async () => {
  const ids = await createGoals(3)
  const [first, ...rest] = await inTransaction(
    pool,
    () => undefined,
    (tx) => claimEvents(tx, 'audit-log', ids.toReversed()),
  )
  expect([first?.id, ...rest.map((event) => event.id)]).toEqual(ids)
  expect(first).toMatchObject({
    type: 'goal:created',
    aggregateType: 'goal',
    aggregateVersion: 1,
    ordinal: 0,
    reason: null,
    correlationId: 'request-1',
    before: null,
    after: { title: 'a goal', version: 1 },
  })
  expect(first?.occurredAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(await loadUnfinishedEvents(pool, 'audit-log', ids)).toEqual([])
  expect(await loadUnfinishedEvents(pool, 'sync', ids)).toHaveLength(3)
})

test('a claim that is rolled back leaves the deliveries as they were', async () => {
  const ids = await createGoals(1)
  const failing = inTransaction(
    pool,
    () => undefined,
    async (tx) => {
      await claimEvents(tx, 'audit-log', ids)
      throw new Error('the effect failed')
    },
  )
  await expect(failing).rejects.toThrow('the effect failed')
  expect(await loadUnfinishedEvents(pool, 'audit-log', ids)).toHaveLength(1)
})

test('of two claims at once each gets what the other does not hold, and neither waits', async () => {
  const ids = await createGoals(4)
  await inTransaction(
    pool,
    () => undefined,
    async (tx) => {
      const mine = await claimEvents(tx, 'audit-log', ids.slice(0, 2))
      const theirs = await inTransaction(
        pool,
        () => undefined,
        (other) => claimEvents(other, 'audit-log', ids),
      )
      expect(mine.map((event) => event.id)).toEqual(ids.slice(0, 2))
      expect(theirs.map((event) => event.id)).toEqual(ids.slice(2))
    },
  )
})

/** The plan of the statement that `work` sends, one line per node. */
async function planOf(work: (on: Executor) => Promise<unknown>): Promise<string> {
  let plan = ''
  const explaining = {
    async query({ text, values }: { text: string; values: unknown[] }) {
      const { rows } = await pool.query({ text: `explain (costs off) ${text}`, values })
      plan = rows.map((row) => row['QUERY PLAN']).join('\n')
      return { rows: [] }
    },
  }
  await work(explaining as unknown as Executor)
  return plan
}

test('a claim looks into one week of events only', async () => {
  const ids = await createGoals(1)
  const plan = await planOf((on) => claimEvents(on, 'audit-log', ids))
  expect(new Set(plan.match(/ on events_\w+/g)).size).toBe(1)
})

test('a backlog is not read through to claim, load, finish or lease, even when the statistics stem from an empty table', async () => {
  await pool.query(`alter table deliveries set (autovacuum_enabled = off)`)
  await pool.query(`insert into deliveries (consumer, event_id) values ('sync', gen_random_uuid())`)
  await pool.query('analyze deliveries')
  await pool.query(
    `insert into deliveries (consumer, event_id) select c, gen_random_uuid() from generate_series(1, 20000), unnest('{audit-log,sync}'::text[]) c`,
  )
  const ids = await createGoals(50)
  const byKey = /deliveries_consumer_event_id_target_pk on deliveries.*\n\s+Index Cond: .*consumer.*event_id.*target/
  for (const work of [claimEvents, loadUnfinishedEvents, finishDeliveries])
    expect(await planOf((on) => work(on, 'audit-log', ids))).toMatch(byKey)
  const overdue = { limit: 10, leaseMs: 30_000, notAfter: null, except: [] }
  expect(await planOf((on) => leaseOverdue(on, 'audit-log', overdue))).toMatch(/Scan using deliveries_due/)
  expect(await planOf((on) => oldestOverdueSeconds(on, 'audit-log'))).toMatch(/Scan using deliveries_due/)
})

test('finishing counts what was still there', async () => {
  const ids = await createGoals(2)
  expect(await finishDeliveries(pool, 'sync', ids)).toBe(2)
  expect(await finishDeliveries(pool, 'sync', ids)).toBe(0)
})

test('a failure counts the attempt, keeps the error and is due after its delay and a lease', async () => {
  const [eventId = ''] = await createGoals(1)
  const failure = { consumer: 'sync', eventId, error: 'it broke', delaysMs: [1_000, 5_000], leaseMs: 30_000 } as const
  expect(await recordFailure(pool, failure)).toEqual({ attempts: 1, replays: 0, delayMs: 1_000 })
  expect((await delivery(eventId)).due_in).toBeCloseTo(31, 0)
  expect(await recordFailure(pool, failure)).toEqual({ attempts: 2, replays: 0, delayMs: 5_000 })
  expect(await recordFailure(pool, failure)).toEqual({ attempts: 3, replays: 0, delayMs: 5_000 })
  expect(await delivery(eventId)).toMatchObject({ attempts: 3, last_error: 'it broke' })
  expect(await recordFailure(pool, { ...failure, eventId: randomUUID() })).toBeNull()
})

test('burying moves the delivery with the whole event, once', async () => {
  const [eventId = ''] = await createGoals(1)
  const [event] = await loadUnfinishedEvents(pool, 'sync', [eventId])
  const id = await moveToDeadLetters(pool, { consumer: 'sync', eventId, error: 'it broke' })
  expect(await delivery(eventId)).toBeUndefined()
  const { rows } = await pool.query('select * from dead_letters')
  expect(rows).toMatchObject([
    { id, consumer: 'sync', event_id: eventId, attempts: 0, replays: 0, error: 'it broke', event },
  ])
  expect(await moveToDeadLetters(pool, { consumer: 'sync', eventId, error: 'again' })).toBeNull()
})

test('two burials at once make one dead letter', async () => {
  const [eventId = ''] = await createGoals(1)
  const bury = () => moveToDeadLetters(pool, { consumer: 'sync', eventId, error: 'it broke' })
  const ids = await Promise.all([bury(), bury(), bury()])
  expect(ids.filter((id) => id !== null)).toHaveLength(1)
})

test('a lease takes what is overdue, the longest overdue first, and nobody gets it twice', async () => {
  const ids = await createGoals(5)
  const [oldest = '', old = '', running = '', ...young] = ids
  await makeDue([oldest], 20)
  await makeDue([old, running], 10)
  const overdue = { limit: 1, leaseMs: 30_000, notAfter: null, except: [running] }
  const [leased] = await leaseOverdue(pool, 'sync', overdue)
  expect(leased).toMatchObject({ id: oldest, type: 'goal:created', attempts: 0, replays: 0 })
  expect((await leaseOverdue(pool, 'sync', { ...overdue, limit: 10 })).map(({ id }) => id)).toEqual([old])
  expect(await leaseOverdue(pool, 'sync', { ...overdue, limit: 10 })).toEqual([])
  expect((await delivery(old)).due_in).toBeCloseTo(30, 0)
  expect(young).toHaveLength(2)
})

test('a lease spares what became due after the given instant', async () => {
  const [before = '', after = ''] = await createGoals(2)
  await makeDue([before], 60)
  await makeDue([after], 10)
  const { rows } = await pool.query(`select now() - interval '30 seconds' as at`)
  const overdue = { limit: 10, leaseMs: 30_000, notAfter: rows[0].at as Date, except: [] }
  expect((await leaseOverdue(pool, 'sync', overdue)).map(({ id }) => id)).toEqual([before])
})

test('a lease leaves out what a transaction is working on', async () => {
  const ids = await createGoals(2)
  await makeDue(ids)
  await inTransaction(
    pool,
    () => undefined,
    async (tx) => {
      await claimEvents(tx, 'sync', ids.slice(0, 1))
      const leased = await leaseOverdue(pool, 'sync', { limit: 10, leaseMs: 30_000, notAfter: null, except: [] })
      expect(leased.map(({ id }) => id)).toEqual(ids.slice(1))
    },
  )
})

test('a delivery without its event is leased with no type', async () => {
  const id = randomUUID()
  await pool.query(
    `insert into deliveries (consumer, event_id, due_at) values ('sync', $1, now() - interval '1 second')`,
    [id],
  )
  const overdue = { limit: 10, leaseMs: 30_000, notAfter: null, except: [] }
  expect(await leaseOverdue(pool, 'sync', overdue)).toMatchObject([{ id, type: null, aggregateId: null }])
})

test('parked and explicitly leased deliveries are due when they are told to be', async () => {
  const [parked = '', leased = ''] = await createGoals(2)
  await makeDue([parked, leased])
  await snoozeDeliveries(pool, { consumer: 'sync', ids: [parked], snoozeMs: 300_000 })
  expect((await delivery(parked)).due_in).toBeCloseTo(300, 0)
  expect(await leaseDeliveries(pool, { consumer: 'sync', ids: [leased, randomUUID()], leaseMs: 10_000 })).toHaveLength(
    1,
  )
  expect((await delivery(leased)).due_in).toBeCloseTo(10, 0)
})

test('the longest overdue delivery tells how late the consumer is', async () => {
  expect(await oldestOverdueSeconds(pool, 'sync')).toBe(0)
  const ids = await createGoals(2)
  expect(await oldestOverdueSeconds(pool, 'sync')).toBe(0)
  await makeDue(ids.slice(0, 1), 90)
  expect(await oldestOverdueSeconds(pool, 'sync')).toBeCloseTo(90, 0)
})
