import { expect } from 'vitest'
import { claimEvents, finishDeliveries, loadUnfinishedEvents } from '../src/delivery/deliveries.ts'
import { createOverdueLook } from '../src/delivery/overdue.ts'
import { commitGoals, emptyTables } from './support/committed-goal.ts'
import { test } from './support/plan-test.ts'

test.beforeEach(async ({ pool }) => void (await emptyTables(pool)))

test('a claim returns whole events in the order of their ids and deletes their deliveries', async ({
  pool,
  transaction,
}) => {
  const ids = await commitGoals(pool, 3)
  const [first, ...rest] = await transaction((tx) => claimEvents(tx, 'audit-log', ids.toReversed()))
  expect([first?.id, ...rest.map((event) => event.id)]).toEqual(ids)
  expect(first).toMatchObject({
    type: 'goal:created',
    aggregateType: 'goal',
    aggregateVersion: 1,
    ordinal: 0,
    reason: null,
    correlationId: 'request-1',
    before: null,
    after: { title: 'A goal', version: 1 },
  })
  expect(first?.occurredAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(await loadUnfinishedEvents(pool, 'audit-log', ids)).toEqual([])
  expect(await loadUnfinishedEvents(pool, 'sync', ids)).toHaveLength(3)
})

test('a claim leaves the deliveries unchanged when its transaction rolls back', async ({ pool, transaction }) => {
  const ids = await commitGoals(pool, 1)
  const failing = transaction(async (tx) => {
    await claimEvents(tx, 'audit-log', ids)
    throw new Error('the effect failed')
  })
  await expect(failing).rejects.toThrow('the effect failed')
  expect(await loadUnfinishedEvents(pool, 'audit-log', ids)).toHaveLength(1)
})

test('a claim skips the deliveries that another claim holds, and does not wait for it', async ({
  pool,
  transaction,
}) => {
  const ids = await commitGoals(pool, 4)
  await transaction(async (tx) => {
    const mine = await claimEvents(tx, 'audit-log', ids.slice(0, 2))
    const theirs = await transaction((other) => claimEvents(other, 'audit-log', ids))
    expect(mine.map((event) => event.id)).toEqual(ids.slice(0, 2))
    expect(theirs.map((event) => event.id)).toEqual(ids.slice(2))
  })
})

test.for([
  ['claim', claimEvents],
  ['load', loadUnfinishedEvents],
] as const)('the generic plan of a %s reads only one week of events', async ([, work], { pool, planOf }) => {
  const ids = await commitGoals(pool, 2)
  const { rows } = await pool.query(`select from pg_inherits where inhparent = 'events'::regclass`)
  const plan = await planOf((db) => work(db, 'audit-log', ids))
  expect(plan).toContain(`Subplans Removed: ${rows.length - 1}`)
  expect(new Set(plan.match(/ on events_\w+/g)).size).toBe(1)
  expect(plan).not.toMatch(/Seq Scan/)
})

const byKey = /deliveries_consumer_event_id_target_pk on deliveries.*\n\s+Index Cond: .*consumer.*event_id.*target/

test('claims, loads and finishes read along the key when their plan was made for an empty table', async ({
  pool,
  planOf,
}) => {
  const ids = await commitGoals(pool, 2)
  await pool.query('delete from deliveries')
  await pool.query('vacuum (analyze, truncate) deliveries')
  for (const work of [claimEvents, loadUnfinishedEvents, finishDeliveries])
    expect(await planOf((db) => work(db, 'audit-log', ids))).toMatch(byKey)
})

test('claims, loads, finishes and leases do not read a whole backlog when statistics are of an empty table', async ({
  pool,
  planOf,
}) => {
  await pool.query(`alter table deliveries set (autovacuum_enabled = off)`)
  await pool.query(`insert into deliveries (consumer, event_id) values ('sync', gen_random_uuid())`)
  await pool.query('analyze deliveries')
  await pool.query(
    `insert into deliveries (consumer, event_id)
     select c, gen_random_uuid() from generate_series(1, 20000), unnest('{audit-log,sync}'::text[]) c`,
  )
  const ids = await commitGoals(pool, 50)
  for (const work of [claimEvents, loadUnfinishedEvents, finishDeliveries])
    expect(await planOf((db) => work(db, 'audit-log', ids))).toMatch(byKey)
  const overdue = { limit: 10, leaseMs: 30_000, notAfter: null, except: [] }
  const look = createOverdueLook('audit-log')
  expect(await planOf((db) => look.lease(db, overdue))).toMatch(/Scan using deliveries_due/)
  expect(await planOf(look.oldestSeconds)).toMatch(/Scan using deliveries_due/)
})

test('finishing returns the number of deliveries that it deleted', async ({ pool }) => {
  const ids = await commitGoals(pool, 2)
  expect(await finishDeliveries(pool, 'sync', ids)).toBe(2)
  expect(await finishDeliveries(pool, 'sync', ids)).toBe(0)
})
