import { expect } from 'vitest'
import { createOverdueLook } from '../src/delivery/overdue.ts'
import { commitGoals, emptyTables } from './support/committed-goal.ts'
import { test } from './support/database-test.ts'
import { makeDue } from './support/delivery-rows.ts'
import { countBlocks, finishBacklog, holdSnapshot } from './support/reads.ts'

test.beforeEach(async ({ pool }) => void (await emptyTables(pool)))

const overdue = { limit: 10, leaseMs: 30_000, notAfter: null, except: [] }

test('the age of the longest overdue delivery is 0 when no delivery is overdue', async ({ pool }) => {
  const look = createOverdueLook('sync')
  expect(await look.oldestSeconds(pool)).toBe(0)
  const ids = await commitGoals(pool, 2)
  expect(await look.oldestSeconds(pool)).toBe(0)
  await makeDue(pool, ids.slice(0, 1), 20)
  expect(await look.oldestSeconds(pool)).toBeCloseTo(20, -1)
})

test('a look reads no finished deliveries again when an open transaction keeps them', async ({ pool }) => {
  const look = createOverdueLook('sync')
  await holdSnapshot(pool)
  await finishBacklog(pool)
  expect(await countBlocks(pool, look.oldestSeconds)).toBeGreaterThan(300)
  expect(await countBlocks(pool, look.oldestSeconds)).toBeLessThan(20)
  expect(await countBlocks(pool, (db) => look.lease(db, overdue))).toBeLessThan(20)
})

test('a look reads no finished deliveries again when an older one is overdue', async ({ pool }) => {
  const look = createOverdueLook('sync')
  const [late = '', oldest = ''] = await commitGoals(pool, 2)
  await makeDue(pool, [late], 45)
  await makeDue(pool, [oldest], 700)
  await holdSnapshot(pool)
  await finishBacklog(pool, { except: [late, oldest] })
  expect(await look.oldestSeconds(pool)).toBeCloseTo(700, -1)
  expect(await look.lease(pool, { ...overdue, limit: 1 })).toMatchObject([{ id: oldest }])
  expect(await look.oldestSeconds(pool)).toBeCloseTo(45, -1)
  expect(await countBlocks(pool, look.oldestSeconds)).toBeLessThan(20)
  expect(await look.lease(pool, overdue)).toMatchObject([{ id: late }])
})

test('a delivery is found when its transaction began before the last look and committed after it', async ({ pool }) => {
  const look = createOverdueLook('sync')
  await look.oldestSeconds(pool)
  const ids = await commitGoals(pool, 1)
  // A transaction of 59 s makes a delivery due 29 s before its commit.
  await makeDue(pool, ids, 29)
  expect(await look.oldestSeconds(pool)).toBeCloseTo(29, -1)
})

test('a delivery that is due since long ago is found within a minute when no look has seen it', async ({ pool }) => {
  let now = 0
  const look = createOverdueLook('sync', { now: () => now })
  await look.oldestSeconds(pool)
  await makeDue(pool, await commitGoals(pool, 1), 3_600)
  now = 59_999
  expect(await look.oldestSeconds(pool)).toBe(0)
  now = 60_000
  expect(await look.oldestSeconds(pool)).toBeCloseTo(3_600, -1)
  expect(await look.oldestSeconds(pool)).toBeCloseTo(3_600, -1)
})

test('a delivery is found when it commits late and was due before the oldest one of the last look', async ({
  pool,
}) => {
  const look = createOverdueLook('sync')
  await makeDue(pool, await commitGoals(pool, 1), 12)
  expect(await look.oldestSeconds(pool)).toBeCloseTo(12, -1)
  await makeDue(pool, await commitGoals(pool, 1), 29)
  expect(await look.oldestSeconds(pool)).toBeCloseTo(29, -1)
})
