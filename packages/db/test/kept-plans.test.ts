import { newGoal } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import { claimEvents } from '../src/delivery/deliveries.ts'
import { emptySnapshot, readFeed } from '../src/feed/read-feed.ts'
import { committedOf } from './support/committed-of.ts'
import { test } from './support/database-test.ts'

// The plans of prepared statements belong to a connection.
test.override('poolSize', 1)

const readAll = (pool: pg.Pool, readerId: string) =>
  readFeed(pool, { readerId, entities: ['goal'], types: null }, { from: emptySnapshot, to: null, after: null }, 50)

/** Creates and completes a goal. @returns its owner and the id of the milestone, whose bodies the update has */
async function completeGoal(pool: pg.Pool) {
  const commit = createCommit(pool, () => undefined)
  const values = newGoal()
  const { userId: actorId } = values
  await commit.createGoal({ values, metadata: { types: ['goal:created'], actorId } })
  const completed = await commit.updateGoal({
    values: { ...values, status: 'COMPLETED', version: 1 },
    metadata: { types: ['goal:updated', 'goal:completed'], actorId },
  })
  return { actorId, milestoneId: committedOf(completed).events[1]?.id ?? '' }
}

/** Inserts a creation and a milestone of many other tasks. */
const insertEvents = (pool: pg.Pool) =>
  pool.query(`
    insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
    select type, 'task', id, 1, (ordinal - 1)::smallint, id, case ordinal when 1 then '{}'::json end
    from (select gen_random_uuid() as id from generate_series(1, 2000)) task,
         unnest('{task:created,task:assigned}'::text[]) with ordinality event(type, ordinal)`)

/** Returns the rows of `events` that the connection read by an index while `work` ran. */
async function countRowsRead(pool: pg.Pool, work: () => Promise<unknown>): Promise<number> {
  const count = async () => {
    await pool.query('select pg_stat_force_next_flush()')
    const { rows } = await pool.query(
      `select sum(idx_tup_fetch + seq_tup_read)::int as rows from pg_stat_user_tables where relname like 'events\\_%'`,
    )
    return Number(rows[0].rows)
  }
  const before = await count()
  await work()
  return (await count()) - before
}

test('Postgres plans no prepared statement for the values of a call', async ({ pool }) => {
  for (let i = 0; i < 10; i++) {
    const { actorId, milestoneId } = await completeGoal(pool)
    await readAll(pool, actorId)
    await claimEvents(pool, 'notifications', [milestoneId])
  }
  const { rows } = await pool.query('select name, custom_plans::int as count from pg_prepared_statements')
  const counts = rows.map(({ name, count }) => [name, count])
  const none = ['goals_create', 'goals_update', 'feed_read', 'events_claim'].map((name) => [name, 0])
  expect(counts).toEqual(expect.arrayContaining(none))
})

test('a milestone finds its bodies in a few rows when Postgres reads along the key', async ({ pool }) => {
  await insertEvents(pool)
  const { actorId, milestoneId } = await completeGoal(pool)
  // Postgres may take the key or this index, as its statistics are.
  await pool.query('drop index events_aggregate')
  expect(await countRowsRead(pool, () => readAll(pool, actorId))).toBeLessThan(50)
  expect(await countRowsRead(pool, () => claimEvents(pool, 'notifications', [milestoneId]))).toBeLessThan(50)
})

test('a claim that was planned while there were no events reads one event per delivery', async ({ pool }) => {
  await pool.query('truncate events, event_readers, deliveries')
  await claimEvents(pool, 'audit-log', [crypto.randomUUID()])
  for (let i = 0; i < 60; i++) await completeGoal(pool)
  const { rows } = await pool.query(`select event_id as id from deliveries where consumer = 'audit-log'`)
  const ids = rows.map(({ id }) => id)
  const read = await countRowsRead(pool, () => claimEvents(pool, 'audit-log', ids))
  expect(ids.length).toBeGreaterThan(100)
  expect(read).toBeLessThanOrEqual(2 * ids.length)
})
