import { randomUUID } from 'node:crypto'
import { Goal, Task } from '@goals-tasks/events'
import { goalEntity, taskEntity } from '@goals-tasks/events/testing'
import { getTableName, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import { expect } from 'vitest'
import { executeOnce } from '../src/engine/statement.ts'
import { rowToJson } from '../src/reads/representation.ts'
import { goals } from '../src/schema/goals.ts'
import { tasks } from '../src/schema/tasks.ts'
import { emptyTables } from './support/committed-goal.ts'
import { test } from './support/database-test.ts'

test.afterEach(async ({ pool }) => void (await emptyTables(pool)))

/** Every character that JSON escapes, and some that look as if it did. */
const awkward = `"quoted" \\ back / slash\n\t\r\b\f \u0001 é 🚀 \u2028 'single' $1 {"a":1}`

async function insertRows(pool: pg.Pool) {
  const userId = randomUUID()
  const { rows } = await pool.query(
    `insert into goals (user_id, title, description, category, target_date, tags, metadata, status,
                        completed_at, deleted_at, created_at) values
       ($1, 'plain', null, null, null, '[]', '{}', 'ACTIVE', null, null, '2026-01-01T00:00:00Z'),
       ($1, $2, $2, $2, '2027-02-28', jsonb_build_array($2::text, 'b'),
        jsonb_build_object($2::text, jsonb_build_array(1.50, null, $2::text)), 'COMPLETED',
        '2026-01-02T03:04:05.006Z', '2026-12-31T23:59:59.999Z', '2026-01-01T00:00:00.100Z')
     returning id`,
    [userId, awkward],
  )
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, assigned_to, title, description, status, block_kind, blocked_from,
                        due_at, due_zone, due_date, estimated_hours, actual_hours, dependencies, tags, metadata) values
       ($1, $2, $2, null, 'plain', null, 'TODO', null, null, null, null, null, null, null, '[]', '[]', '{}'),
       ($1, $2, $2, $2, $3, $3, 'BLOCKED', 'MANUAL', 'TODO', '2027-01-01T08:00:00Z', 'Europe/Athens', null,
        0.50, 12, jsonb_build_array($1::text), jsonb_build_array($3::text), jsonb_build_object('k', $3::text)),
       ($1, $2, $2, $2, 'due', '', 'IN_PROGRESS', null, null, null, null, '2027-01-01', 0, 999999.99,
        '[]', '[]', '{}')`,
    [rows[0]?.id, userId, awkward],
  )
}

/** Returns the stored JSON of each row, and the JSON that its columns give now. */
async function readBoth(pool: pg.Pool) {
  const read = (table: PgTable, schema: typeof Goal | typeof Task) =>
    executeOnce<{ stored: string; made: string }>(
      pool,
      sql`select representation::text as stored, ${rowToJson(table, schema, getTableName(table))}::text as made
          from ${table} order by id`,
    )
  return [...(await read(goals, Goal)), ...(await read(tasks, Task))]
}

test('the stored JSON of a row equals the fields of its schema to the byte', async ({ pool }) => {
  await insertRows(pool)
  const rows = await readBoth(pool)
  expect(rows).toHaveLength(5)
  for (const { stored, made } of rows) expect(stored).toBe(made)
})

test('the stored JSON follows every change when the session that writes has other settings', async ({ pool }) => {
  await insertRows(pool)
  const client = await pool.connect()
  await client.query(`
    set datestyle = 'German'; set timezone = 'Asia/Kolkata'; set search_path = '';
    update public.goals set target_date = '2028-02-29', deleted_at = '2028-02-29T00:00:00.010Z', title = title || '!';
    update public.tasks set due_date = '2028-02-29', due_at = null, actual_hours = 1.10, version = version + 1`)
  client.release(true)
  const rows = await readBoth(pool)
  for (const { stored, made } of rows) expect(stored).toBe(made)
  expect(rows.filter(({ stored }) => stored.includes('"2028-02-29"'))).toHaveLength(rows.length)
})

test('a row has the defaults that its fields describe when only the required columns are inserted', async ({
  pool,
}) => {
  const userId = randomUUID()
  const goal = await pool.query(
    `insert into goals (user_id, title) values ($1, 'A goal') returning id, representation`,
    [userId],
  )
  const goalId = goal.rows[0].id
  const task = await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title) values ($1, $2, $2, 'A task') returning id, representation`,
    [goalId, userId],
  )
  const instants = { createdAt: expect.any(String), updatedAt: expect.any(String) }
  expect(goal.rows[0].representation).toEqual({ ...goalEntity({ id: goalId, userId }), ...instants })
  expect(task.rows[0].representation).toEqual({
    ...taskEntity({ id: task.rows[0].id, goalId, ownerId: userId, userId }),
    ...instants,
  })
})
