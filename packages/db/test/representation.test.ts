import { randomUUID } from 'node:crypto'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import { Goal, Task } from '@goals-tasks/events'
import { getTableName, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { rowToJson } from '../src/changes/representation.ts'
import { createDatabase } from '../src/engine/client.ts'
import { executeOnce } from '../src/engine/statement.ts'
import { goals } from '../src/schema/goals.ts'
import { tasks } from '../src/schema/tasks.ts'

let database: ReturnType<typeof createDatabase>
beforeAll(async () => {
  database = createDatabase({ ...(await freshDatabase()), poolSize: 2, name: 'test', onError: () => undefined })
})
afterEach(() => database.pool.query('truncate goals, tasks cascade'))
afterAll(() => database.close())

/** Everything that JSON escapes, and what looks as if it were to be. */
const awkward = `"quoted" \\ back / slash\n\t\r\b\f \u0001 é 🚀 \u2028 'single' $1 {"a":1}`

async function fill() {
  const me = randomUUID()
  const { rows } = await database.pool.query(
    `insert into goals (user_id, title, description, category, target_date, tags, metadata, status, completed_at, deleted_at, created_at) values
       ($1, 'plain', null, null, null, '[]', '{}', 'ACTIVE', null, null, '2026-01-01T00:00:00Z'),
       ($1, $2, $2, $2, '2027-02-28', jsonb_build_array($2::text, 'b'), jsonb_build_object($2::text, jsonb_build_array(1.50, null, $2::text)),
        'COMPLETED', '2026-01-02T03:04:05.006Z', '2026-12-31T23:59:59.999Z', '2026-01-01T00:00:00.100Z')
     returning id`,
    [me, awkward],
  )
  await database.pool.query(
    `insert into tasks (goal_id, owner_id, user_id, assigned_to, title, description, status, block_kind, blocked_from, due_at, due_zone, due_date,
                        estimated_hours, actual_hours, dependencies, tags, metadata) values
       ($1, $2, $2, null, 'plain', null, 'TODO', null, null, null, null, null, null, null, '[]', '[]', '{}'),
       ($1, $2, $2, $2, $3, $3, 'BLOCKED', 'MANUAL', 'TODO', '2027-01-01T08:00:00Z', 'Europe/Athens', null, 0.50, 12, jsonb_build_array($1::text),
        jsonb_build_array($3::text), jsonb_build_object('k', $3::text)),
       ($1, $2, $2, $2, 'due', '', 'IN_PROGRESS', null, null, null, null, '2027-01-01', 0, 999999.99, '[]', '[]', '{}')`,
    [rows[0]?.id, me, awkward],
  )
}

/** Of each row what is stored, beside what its columns give now. */
async function readBoth() {
  const read = (table: PgTable, schema: typeof Goal | typeof Task) =>
    executeOnce<{ stored: string; made: string }>(
      database.pool,
      sql`select representation::text as stored, ${rowToJson(table, schema, getTableName(table))}::text as made from ${table} order by id`,
    )
  return [...(await read(goals, Goal)), ...(await read(tasks, Task))]
}

test('what is stored of a row is, byte for byte, the fields of its schema', async () => {
  await fill()
  const rows = await readBoth()
  expect(rows).toHaveLength(5)
  for (const { stored, made } of rows) expect(stored).toBe(made)
})

test('it follows every change, whatever the settings of whoever makes it', async () => {
  await fill()
  const client = await database.pool.connect()
  await client.query(`
    set datestyle = 'German'; set timezone = 'Asia/Kolkata'; set search_path = '';
    update public.goals set target_date = '2028-02-29', deleted_at = '2028-02-29T00:00:00.010Z', title = title || '!';
    update public.tasks set due_date = '2028-02-29', due_at = null, actual_hours = 1.10, version = version + 1`)
  client.release(true)
  const rows = await readBoth()
  for (const { stored, made } of rows) expect(stored).toBe(made)
  expect(rows.filter(({ stored }) => stored.includes('"2028-02-29"'))).toHaveLength(rows.length)
})
