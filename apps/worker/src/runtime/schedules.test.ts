import { createDatabase } from '@goals-tasks/db'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import type pg from 'pg'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { countRows } from '../../test/harness.ts'
import { runChores } from './schedules.ts'

const log = pino({ level: 'silent' })
async function database() {
  const { pool, close } = createDatabase({
    ...(await freshDatabase()),
    poolSize: 6,
    name: 'test',
    onError: () => undefined,
  })
  onTestFinished(close)
  return pool
}
const weeks = async (pool: pg.Pool) =>
  (
    await pool.query(
      `select c.relname from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'events'::regclass order by 1`,
    )
  ).rows.map((row) => row.relname as string)

/** The smallest UUIDv7 of a day. */
const floor = (day: string) =>
  Date.parse(day)
    .toString(16)
    .padStart(12, '0')
    .padEnd(32, '0')
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')

/** A week of events that ended long ago, as if it had been made in time. */
const makeOldWeek = (pool: pg.Pool) =>
  pool.query(
    `create table events_20200106 partition of events for values from ('${floor('2020-01-06')}') to ('${floor('2020-01-13')}')`,
  )

test('the coming weeks get their partitions', async () => {
  const pool = await database()
  const before = await weeks(pool)
  const last = before.filter((name) => name !== 'events_default').at(-1)
  await pool.query(`drop table ${last}`)
  await runChores(pool, log)
  expect(await weeks(pool)).toEqual(before)
})

test('a week beyond the retention is dropped, unless a delivery refers to it', async () => {
  const pool = await database()
  await makeOldWeek(pool)
  const eventId = floor('2020-01-08')
  await pool.query(`insert into deliveries (consumer, event_id) values ('sync', $1)`, [eventId])
  await runChores(pool, log)
  expect(await weeks(pool)).toContain('events_20200106')
  await pool.query('delete from deliveries')
  await runChores(pool, log)
  expect(await weeks(pool)).not.toContain('events_20200106')
})

test('idempotency keys are forgotten after a day', async () => {
  const pool = await database()
  await pool.query(
    `insert into idempotency_keys (principal_id, route, key, body_hash, status, body, created_at)
     select gen_random_uuid(), 'r', 'k' || i, '', 200, '', now() - make_interval(hours => i) from generate_series(20, 30) i`,
  )
  await runChores(pool, log)
  expect(await countRows(pool, 'idempotency_keys')).toBe(4)
})

test('many processes at once do the chores without getting into each other’s way', async () => {
  const pool = await database()
  await makeOldWeek(pool)
  await Promise.all(Array.from({ length: 6 }, () => runChores(pool, log)))
  expect(await weeks(pool)).not.toContain('events_20200106')
})
