import { randomUUID } from 'node:crypto'
import { Goal, Task } from '@goals-tasks/events'
import { goalEntity, taskEntity } from '@goals-tasks/events/testing'
import { getTableColumns, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import { expect } from 'vitest'
import { type Executor, executeOnce } from '../src/engine/statement.ts'
import { goalChanges, goalText, taskChanges, taskText } from '../src/reads/representation.ts'
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

/** Returns the JSON of a row by row_to_json and to_char. They are slower and depend on the settings of the session. */
function referenceText(table: PgTable, schema: { properties: object }) {
  const columns = getTableColumns(table)
  const fields = Object.keys(schema.properties).map((field) => {
    const column = columns[field]
    return sql`${column?.getSQLType().startsWith('timestamp') ? sql`rfc3339(${column})` : column}
      as ${sql.identifier(field)}`
  })
  return sql`(select row_to_json(d) from (select ${sql.join(fields, sql`, `)}) d)::text`
}

type Both = { text: string; reference: string }

/** Returns the JSON of each row, and the reference. */
async function readBoth(db: Executor) {
  const ofGoals = sql`select ${goalText('goals')} as text, ${referenceText(goals, Goal)} as reference
                      from public.goals order by id`
  const ofTasks = sql`select ${taskText('tasks')} as text, ${referenceText(tasks, Task)} as reference
                      from public.tasks order by id`
  return [...(await executeOnce<Both>(db, ofGoals)), ...(await executeOnce<Both>(db, ofTasks))]
}

test('the JSON of a row has the fields of its schema in their order, and equals the reference to the byte', async ({
  pool,
}) => {
  await insertRows(pool)
  const rows = await readBoth(pool)
  expect(rows).toHaveLength(5)
  for (const { text, reference } of rows) {
    expect(text).toBe(reference)
    const schema = text.includes('"goalId"') ? Task : Goal
    expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(schema.properties))
  }
})

test('the JSON of a row is the same when the session that reads has other settings', async ({ pool }) => {
  await insertRows(pool)
  await pool.query(`
    update goals set target_date = '2028-02-29', deleted_at = '2028-02-29T00:00:00.010Z', title = title || '!';
    update tasks set due_date = '2028-02-29', due_at = null, actual_hours = 1.10, version = version + 1`)
  const expected = (await readBoth(pool)).map(({ text }) => text)
  const client = await pool.connect()
  await client.query(`set datestyle = 'German'; set timezone = 'Asia/Kolkata'; set intervalstyle = 'iso_8601'`)
  const rows = await readBoth(client)
  client.release(true)
  expect(rows.map(({ text }) => text)).toEqual(expected)
  expect(expected.filter((text) => text.includes('"2028-02-29"'))).toHaveLength(rows.length)
})

test('an instant has three digits of milliseconds in UTC when it ends with zeros or is far away', async ({ pool }) => {
  const userId = randomUUID()
  const instants = ['0001-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z', '2026-01-01T00:00:00.100Z']
  for (const at of [...instants, '9999-12-31T23:59:59.990Z'])
    await pool.query(`insert into goals (user_id, title, created_at) values ($1, 'x', $2)`, [userId, at])
  const rows = await readBoth(pool)
  expect(rows.map(({ text }) => JSON.parse(text).createdAt)).toEqual([...instants, '9999-12-31T23:59:59.990Z'])
})

test('a row has the defaults that its fields describe when only the required columns are inserted', async ({
  pool,
}) => {
  const userId = randomUUID()
  const insertGoal = sql`insert into goals (user_id, title) values (${userId}, 'A goal')
                         returning id, ${goalText('new')} as text`
  const [goal] = await executeOnce<{ id: string; text: string }>(pool, insertGoal)
  const goalId = goal?.id ?? ''
  const insertTask = sql`insert into tasks (goal_id, owner_id, user_id, title)
                         values (${goalId}, ${userId}, ${userId}, 'A task') returning id, ${taskText('new')} as text`
  const [task] = await executeOnce<{ id: string; text: string }>(pool, insertTask)
  const instants = { createdAt: expect.any(String), updatedAt: expect.any(String) }
  expect(JSON.parse(goal?.text ?? '')).toEqual({ ...goalEntity({ id: goalId, userId }), ...instants })
  expect(JSON.parse(task?.text ?? '')).toEqual({
    ...taskEntity({ id: task?.id ?? '', goalId, ownerId: userId, userId }),
    ...instants,
  })
})

/** Returns the names of the changed members of each pair of rows, and whether they lead back to the state before. */
async function readChanges(db: Executor, table: string, text: typeof goalText, changes: typeof goalChanges) {
  const query = sql`
    select old.id = new.id as "isSame", array(select json_object_keys(${changes})) as names,
           ${text('new')}::jsonb || (${changes})::jsonb = ${text('old')}::jsonb as "isRestored"
    from ${sql.identifier(table)} old cross join ${sql.identifier(table)} new`
  return await executeOnce<{ isSame: boolean; names: string[]; isRestored: boolean }>(db, query)
}

test('the changed members and the state after give the state before', async ({ pool }) => {
  await insertRows(pool)
  const pairs = [
    ...(await readChanges(pool, 'goals', goalText, goalChanges)),
    ...(await readChanges(pool, 'tasks', taskText, taskChanges)),
  ]
  expect(pairs).toHaveLength(4 + 9)
  expect(pairs.filter(({ isRestored }) => !isRestored)).toEqual([])
  for (const { isSame, names } of pairs) expect(names.length === 0).toBe(isSame)
})
