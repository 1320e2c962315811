import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { claimEvents } from '../src/delivery/deliveries.ts'
import { leaseOverdue, returnLeases } from '../src/delivery/leases.ts'
import { commitGoals, emptyTables } from './support/committed-goal.ts'
import { test } from './support/database-test.ts'
import { loadSyncDelivery, makeDue } from './support/delivery-rows.ts'

test.beforeEach(async ({ pool }) => void (await emptyTables(pool)))

const overdue = { limit: 10, leaseMs: 30_000, from: '-infinity', notAfter: null, except: [] }

test('a lease takes the longest overdue deliveries first, and each of them only once', async ({ pool }) => {
  const ids = await commitGoals(pool, 5)
  const [old = '', running = '', oldest = '', ...young] = ids
  await makeDue(pool, [old, running], 10)
  await makeDue(pool, [oldest], 20)
  const notRunning = { ...overdue, except: [{ id: running }] }
  const [leased] = await leaseOverdue(pool, 'sync', { ...notRunning, limit: 1 })
  expect(leased).toMatchObject({ id: oldest, type: 'goal:created', attempts: 0, replays: 0 })
  expect((await leaseOverdue(pool, 'sync', notRunning)).map(({ id }) => id)).toEqual([old])
  expect(await leaseOverdue(pool, 'sync', notRunning)).toEqual([])
  expect((await loadSyncDelivery(pool, old)).due_in).toBeCloseTo(30, 0)
  expect(young).toHaveLength(2)
})

test('a returned lease makes its deliveries due when they were due before, and leaves others alone', async ({
  pool,
}) => {
  const ids = await commitGoals(pool, 3)
  const [failed = '', old = '', older = ''] = ids
  await makeDue(pool, [failed, old], 10)
  await makeDue(pool, [older], 3_600)
  const leased = await leaseOverdue(pool, 'sync', overdue)
  await makeDue(pool, [failed], -60)
  await returnLeases(pool, 'sync', leased)
  const dueIn = async (id: string) => (await loadSyncDelivery(pool, id)).due_in
  expect(await dueIn(failed)).toBeCloseTo(60, -1)
  expect(await dueIn(old)).toBeCloseTo(-10, -1)
  expect(await dueIn(older)).toBeCloseTo(-3_600, -1)
})

test('a lease takes the longest overdue deliveries first when Postgres does not read them by time', async ({
  pool,
  transaction,
}) => {
  const [old = '', oldest = ''] = await commitGoals(pool, 2)
  await makeDue(pool, [old], 10)
  await makeDue(pool, [oldest], 20)
  const leased = await transaction(async (tx) => {
    await tx.query('set local enable_indexscan = off')
    await tx.query('set local enable_bitmapscan = off')
    return leaseOverdue(tx, 'sync', { ...overdue, limit: 1 })
  })
  expect(leased.map(({ id }) => id)).toEqual([oldest])
})

test('a lease skips deliveries that became due after the given instant', async ({ pool }) => {
  const [before = '', after = ''] = await commitGoals(pool, 2)
  await makeDue(pool, [before], 60)
  await makeDue(pool, [after], 10)
  const { rows } = await pool.query(`select now() - interval '30 seconds' as at`)
  const leased = await leaseOverdue(pool, 'sync', { ...overdue, notAfter: rows[0].at as Date })
  expect(leased.map(({ id }) => id)).toEqual([before])
})

test('a lease skips deliveries that another transaction has claimed', async ({ pool, transaction }) => {
  const ids = await commitGoals(pool, 2)
  await makeDue(pool, ids)
  await transaction(async (tx) => {
    await claimEvents(tx, 'sync', ids.slice(0, 1))
    expect((await leaseOverdue(pool, 'sync', overdue)).map(({ id }) => id)).toEqual(ids.slice(1))
  })
})

test('a leased delivery has no type when its event is missing', async ({ pool }) => {
  const id = randomUUID()
  await pool.query(
    `insert into deliveries (consumer, event_id, due_at) values ('sync', $1, now() - interval '1 second')`,
    [id],
  )
  expect(await leaseOverdue(pool, 'sync', overdue)).toMatchObject([{ id, type: null, aggregateId: null }])
})
