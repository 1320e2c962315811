import { until } from '@goals-tasks/devstack/testing'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { expect } from 'vitest'
import { executeOnce, prepareStatement } from '../src/engine/statement.ts'
import { test as base } from './support/database-test.ts'

/** A pool on the same database whose statements fail with 40001 when another transaction was faster. */
const test = base.extend('repeatable', { scope: 'file' }, async ({ pool }, { onCleanup }) => {
  await pool.query('create table counters (id int primary key, n int not null); insert into counters values (1, 0)')
  const repeatable = new pg.Pool({ ...pool.options, options: '-c default_transaction_isolation=repeatable\\ read' })
  onCleanup(() => repeatable.end())
  return repeatable
})

const increment = sql`update counters set n = n + 1 where id = 1 returning n`
const incrementPrepared = prepareStatement<{ n: number }>('increment', increment)

test.for([
  ['a prepared statement', (pool: pg.Pool) => incrementPrepared(pool, {})],
  ['a statement without a name', (pool: pg.Pool) => executeOnce<{ n: number }>(pool, increment)],
] as const)('%s is repeated when a concurrent change made it fail', async ([, run], { pool, repeatable }) => {
  const { rows } = await pool.query('select n from counters')
  const holder = await pool.connect()
  try {
    await holder.query('begin; update counters set n = n + 1')
    const waiting = run(repeatable)
    const isBlocked = `select exists (select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock') as blocked`
    await until(async () => (await pool.query(isBlocked)).rows[0].blocked)
    await holder.query('commit')
    expect(await waiting).toEqual([{ n: rows[0].n + 2 }])
  } finally {
    holder.release()
  }
})

test('a statement in a transaction is not repeated, because its transaction has failed', async ({
  pool,
  repeatable,
}) => {
  const client = await repeatable.connect()
  try {
    await client.query('begin; select n from counters')
    await pool.query('update counters set n = n + 1')
    await expect(incrementPrepared(client, {})).rejects.toMatchObject({ code: '40001' })
  } finally {
    await client.query('rollback')
    client.release()
  }
})
