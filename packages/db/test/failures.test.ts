import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { loadUnfinishedEvents } from '../src/delivery/deliveries.ts'
import { moveToDeadLetters, recordFailure, snoozeDeliveries } from '../src/delivery/failures.ts'
import { leaseDeliveries } from '../src/delivery/leases.ts'
import { commitGoals, emptyTables } from './support/committed-goal.ts'
import { test } from './support/database-test.ts'
import { loadSyncDelivery, makeDue } from './support/delivery-rows.ts'

test.beforeEach(async ({ pool }) => void (await emptyTables(pool)))

test('a failure counts the attempt, stores the error and makes the delivery due after its delay and a lease', async ({
  pool,
}) => {
  const [eventId = ''] = await commitGoals(pool, 1)
  const failure = { consumer: 'sync', eventId, error: 'it broke', delaysMs: [1_000, 5_000], leaseMs: 30_000 } as const
  expect(await recordFailure(pool, failure)).toEqual({ attempts: 1, replays: 0, delayMs: 1_000 })
  expect((await loadSyncDelivery(pool, eventId)).due_in).toBeCloseTo(31, 0)
  expect(await recordFailure(pool, failure)).toEqual({ attempts: 2, replays: 0, delayMs: 5_000 })
  expect(await recordFailure(pool, failure)).toEqual({ attempts: 3, replays: 0, delayMs: 5_000 })
  expect(await loadSyncDelivery(pool, eventId)).toMatchObject({ attempts: 3, last_error: 'it broke' })
  expect(await recordFailure(pool, { ...failure, eventId: randomUUID() })).toBeNull()
})

test('a delivery becomes a dead letter with the whole event once', async ({ pool }) => {
  const [eventId = ''] = await commitGoals(pool, 1)
  const [event] = await loadUnfinishedEvents(pool, 'sync', [eventId])
  const id = await moveToDeadLetters(pool, { consumer: 'sync', eventId, error: 'it broke' })
  expect(await loadSyncDelivery(pool, eventId)).toBeUndefined()
  const { rows } = await pool.query('select * from dead_letters')
  expect(rows).toMatchObject([
    { id, consumer: 'sync', event_id: eventId, attempts: 0, replays: 0, error: 'it broke', event },
  ])
  expect(await moveToDeadLetters(pool, { consumer: 'sync', eventId, error: 'again' })).toBeNull()
})

test('a delivery becomes one dead letter when it is moved several times at once', async ({ pool }) => {
  const [eventId = ''] = await commitGoals(pool, 1)
  const move = () => moveToDeadLetters(pool, { consumer: 'sync', eventId, error: 'it broke' })
  const ids = await Promise.all([move(), move(), move()])
  expect(ids.filter((id) => id !== null)).toHaveLength(1)
})

test('a snoozed delivery and a leased delivery are due after the given time', async ({ pool }) => {
  const [snoozed = '', leased = ''] = await commitGoals(pool, 2)
  await makeDue(pool, [snoozed, leased])
  await snoozeDeliveries(pool, { consumer: 'sync', events: [{ id: snoozed }], snoozeMs: 300_000 })
  expect((await loadSyncDelivery(pool, snoozed)).due_in).toBeCloseTo(300, 0)
  const lease = { consumer: 'sync', events: [{ id: leased }, { id: randomUUID() }], leaseMs: 10_000 } as const
  expect(await leaseDeliveries(pool, lease)).toHaveLength(1)
  expect((await loadSyncDelivery(pool, leased)).due_in).toBeCloseTo(10, 0)
})

test('a delivery and its dead letter store the first 2,000 characters of an error', async ({ pool }) => {
  const [eventId = ''] = await commitGoals(pool, 1)
  const failure = { consumer: 'sync', eventId, error: 'x'.repeat(2_001) } as const
  await recordFailure(pool, { ...failure, delaysMs: [1_000], leaseMs: 30_000 })
  expect((await loadSyncDelivery(pool, eventId)).last_error).toHaveLength(2_000)
  await moveToDeadLetters(pool, failure)
  const { rows } = await pool.query('select error from dead_letters')
  expect(rows[0].error).toHaveLength(2_000)
})
