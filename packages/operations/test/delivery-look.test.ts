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
  const none = { oldestPendingSeconds: null, oldestUntriedSeconds: null }
  await pool.query(insert, [null])
  expect(await loadEmail()).toMatchObject({ ...none, pendingDeliveries: 1 })
  await pool.query(insert, ['the mail server: 451'])
  expect((await loadEmail())?.oldestPendingSeconds).toBeCloseTo(3_600, -1)
})

test('the oldest untried event is the oldest one that no attempt has failed at', async ({ operations }) => {
  const { pool } = operations
  const loadSync = async () => (await createDeliveryLook()(pool)).find(({ consumer }) => consumer === 'sync')
  await pool.query(
    `insert into deliveries (consumer, event_id, last_error)
     values ('sync', uuidv7(interval '-2 hours'), 'it broke'), ('sync', uuidv7(interval '-1 hour'), null),
            ('sync', uuidv7(), null), ('audit-log', uuidv7(interval '-3 hours'), null)`,
  )
  const found = await loadSync()
  expect(found?.oldestPendingSeconds).toBeCloseTo(7_200, -1)
  expect(found?.oldestUntriedSeconds).toBeCloseTo(3_600, -1)
  await pool.query(`update deliveries set last_error = 'it broke'`)
  expect(await loadSync()).toMatchObject({ oldestPendingSeconds: expect.any(Number), oldestUntriedSeconds: null })
})

test('an event for a webhook that fails is no reason for more workers', async ({ operations }) => {
  const { pool } = operations
  const insert = `with webhook as (
      insert into webhooks (owner_id, url, secret, health) values (gen_random_uuid(), 'http://a.example/', '', $1)
      returning id
    ) insert into deliveries (consumer, target, event_id) select 'sync', id::text, uuidv7($2::interval) from webhook`
  const loadUntried = async () =>
    (await createDeliveryLook()(pool)).find(({ consumer }) => consumer === 'sync')?.oldestUntriedSeconds
  await pool.query(insert, ['degraded', '-2 hours'])
  expect(await loadUntried()).toBeNull()
  await pool.query(insert, ['healthy', '-1 hour'])
  expect(await loadUntried()).toBeCloseTo(3_600, -1)
})

test('a look at a backlog three times as long reads no more', async ({ operations }) => {
  const { pool } = operations
  const countLook = () => countBlocks(pool, createDeliveryLook())
  const addBacklog = (from: number, to: number) =>
    pool.query(
      `insert into deliveries (consumer, event_id)
       select 'sync', uuidv7(n * interval '1 ms' - interval '1 hour') from generate_series($1::int, $2::int) n`,
      [from, to],
    )
  await addBacklog(1, 20_000)
  // Autovacuum does it within a minute. Without any statistics, Postgres would read and sort the whole backlog.
  await pool.query('analyze deliveries')
  const before = await countLook()
  await addBacklog(20_001, 60_000)
  expect(await countLook()).toBeLessThan(1.2 * before)
})
