import { countBlocks, finishBacklog, holdSnapshot } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import { createDeliveryLook } from '../src/status/deliveries.ts'
import { operationsTest as test } from './support/operations.ts'

test.beforeEach(async ({ operations }) => {
  await operations.pool.query('truncate deliveries, dead_letters, events')
})

test('a repeated look reads no finished deliveries again when an open transaction keeps them', async ({
  operations,
}) => {
  const { pool } = operations
  const look = createDeliveryLook()
  const { id: pending } = await operations.createGoal()
  await holdSnapshot(pool)
  await finishBacklog(pool, { except: [pending] })
  expect(await countBlocks(pool, look)).toBeGreaterThan(300)
  expect(await countBlocks(pool, look)).toBeLessThan(100)
  const statuses = await look(pool)
  expect(statuses.find(({ consumer }) => consumer === 'sync')).toMatchObject({ pendingDeliveries: 1 })
})

test('a repeated look finds a replayed event within a minute', async ({ operations }) => {
  const { pool } = operations
  let now = 0
  const look = createDeliveryLook({ now: () => now })
  const loadSync = async () => (await look(pool)).find(({ consumer }) => consumer === 'sync')
  expect(await loadSync()).toMatchObject({ oldestPendingSeconds: null, pendingDeliveries: 0 })
  await pool.query(`insert into deliveries (consumer, event_id) values ('sync', uuidv7(interval '-1 hour'))`)
  now = 59_999
  expect(await loadSync()).toMatchObject({ oldestPendingSeconds: null, pendingDeliveries: 0 })
  now = 60_000
  expect((await loadSync())?.oldestPendingSeconds).toBeCloseTo(3_600, -1)
  expect((await loadSync())?.oldestPendingSeconds).toBeCloseTo(3_600, -1)
})

test('a repeated look finds an event whose transaction committed after the last look', async ({ operations }) => {
  const { pool } = operations
  const look = createDeliveryLook()
  await operations.createGoal()
  await look(pool)
  await pool.query(`insert into deliveries (consumer, event_id) values ('sync', uuidv7(interval '-59 seconds'))`)
  const statuses = await look(pool)
  expect(statuses.find(({ consumer }) => consumer === 'sync')?.oldestPendingSeconds).toBeCloseTo(59, -1)
})

test('an event that its consumer has put off is pending, and not late', async ({ operations }) => {
  const { pool } = operations
  const insert = `insert into deliveries (consumer, event_id, due_at, last_error)
    values ('email', uuidv7(interval '-1 hour'), now() + interval '8 hours', $1)`
  const loadEmail = async () => (await createDeliveryLook()(pool)).find(({ consumer }) => consumer === 'email')
  await pool.query(insert, [null])
  expect(await loadEmail()).toMatchObject({ oldestPendingSeconds: null, pendingDeliveries: 1 })
  await pool.query(insert, ['the mail server: 451'])
  expect((await loadEmail())?.oldestPendingSeconds).toBeCloseTo(3_600, -1)
})
