import type pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { createOverdueLook } from '../src/delivery/overdue.ts'
import type { Executor } from '../src/engine/statement.ts'
import { commitGoals, emptyTables } from './support/committed-goal.ts'
import { test as databaseTest } from './support/database-test.ts'
import { makeDue } from './support/delivery-rows.ts'

type Work = (db: Executor) => Promise<unknown>

/** `countBlocks` runs the statement that `work` sends, and returns how many blocks of tables and indexes it read. */
const test = databaseTest.extend('countBlocks', { scope: 'file' }, ({ pool }) => async (work: Work) => {
  let blocks = 0
  const counting = {
    async query({ text, values }: { text: string; values: unknown[] }) {
      const { rows } = await pool.query({ text: `explain (analyze, buffers, format json) ${text}`, values })
      const { Plan: plan } = rows[0]['QUERY PLAN'][0]
      blocks += plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
      return pool.query({ text, values })
    },
  }
  await work(counting as unknown as Executor)
  return blocks
})

test.beforeEach(async ({ pool }) => void (await emptyTables(pool)))

const overdue = { limit: 10, leaseMs: 30_000, notAfter: null, except: [] }

/** Opens a transaction that keeps every row and index entry of now. It ends with the test. */
async function holdSnapshot(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  onTestFinished(async () => {
    await client.query('rollback')
    client.release()
  })
  await client.query('begin isolation level repeatable read')
  await client.query('select from deliveries limit 1')
}

/** Inserts and finishes 30,000 deliveries, which became due between ten minutes and one minute ago. */
async function finishBacklog(pool: pg.Pool, { except = [] }: { except?: string[] } = {}): Promise<void> {
  await pool.query(
    `insert into deliveries (consumer, event_id, due_at)
     select 'sync', gen_random_uuid(), now() - interval '1 minute' - n * interval '18 ms'
     from generate_series(1, 30000) n`,
  )
  await pool.query(`delete from deliveries where consumer = 'sync' and event_id <> all($1)`, [except])
}

test('the age of the longest overdue delivery is 0 when no delivery is overdue', async ({ pool }) => {
  const look = createOverdueLook('sync')
  expect(await look.oldestSeconds(pool)).toBe(0)
  const ids = await commitGoals(pool, 2)
  expect(await look.oldestSeconds(pool)).toBe(0)
  await makeDue(pool, ids.slice(0, 1), 20)
  expect(await look.oldestSeconds(pool)).toBeCloseTo(20, 0)
})

test('a look reads no finished deliveries again when an open transaction keeps them', async ({ pool, countBlocks }) => {
  const look = createOverdueLook('sync')
  await holdSnapshot(pool)
  await finishBacklog(pool)
  expect(await countBlocks(look.oldestSeconds)).toBeGreaterThan(300)
  expect(await countBlocks(look.oldestSeconds)).toBeLessThan(20)
  expect(await countBlocks((db) => look.lease(db, overdue))).toBeLessThan(20)
})

test('a look reads no finished deliveries again when an older one is overdue', async ({ pool, countBlocks }) => {
  const look = createOverdueLook('sync')
  const [late = '', oldest = ''] = await commitGoals(pool, 2)
  await makeDue(pool, [late], 61)
  await makeDue(pool, [oldest], 700)
  await holdSnapshot(pool)
  await finishBacklog(pool, { except: [late, oldest] })
  expect(await look.oldestSeconds(pool)).toBeCloseTo(700, 0)
  expect(await look.lease(pool, { ...overdue, limit: 1 })).toMatchObject([{ id: oldest }])
  expect(await look.oldestSeconds(pool)).toBeCloseTo(61, 0)
  expect(await countBlocks(look.oldestSeconds)).toBeLessThan(20)
  expect(await look.lease(pool, overdue)).toMatchObject([{ id: late }])
})

test('a delivery is found when its transaction began before the last look and committed after it', async ({ pool }) => {
  const look = createOverdueLook('sync')
  await look.oldestSeconds(pool)
  const ids = await commitGoals(pool, 1)
  // A transaction of 59 s makes a delivery due 29 s before its commit.
  await makeDue(pool, ids, 29)
  expect(await look.oldestSeconds(pool)).toBeCloseTo(29, 0)
})

test('a delivery that is due since long ago is found within a minute when no look has seen it', async ({ pool }) => {
  let now = 0
  const look = createOverdueLook('sync', { now: () => now })
  await look.oldestSeconds(pool)
  await makeDue(pool, await commitGoals(pool, 1), 3_600)
  now = 59_999
  expect(await look.oldestSeconds(pool)).toBe(0)
  now = 60_000
  expect(await look.oldestSeconds(pool)).toBeCloseTo(3_600, 0)
  expect(await look.oldestSeconds(pool)).toBeCloseTo(3_600, 0)
})
