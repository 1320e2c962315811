import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { expect } from 'vitest'
import { prepareLookup } from '../src/engine/lookup.ts'
import type { Executor } from '../src/engine/statement.ts'
import { goalReadable, taskVisible } from '../src/reads/visibility.ts'
import { test } from './support/database-test.ts'

const [ada, bob] = [randomUUID(), randomUUID()]
const goalIds = Array.from({ length: 250 }, () => randomUUID())

test.beforeAll(async ({ pool }) => {
  await pool.query(`insert into goals (id, user_id, title) select id, $2, id from unnest($1::uuid[]) id`, [
    goalIds,
    ada,
  ])
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, assigned_to, title)
     select goal_id, $2, $2, case when n = 1 then $3::uuid end, 'x'
     from unnest($1::uuid[]) goal_id, generate_series(1, 20) n`,
    [goalIds.slice(0, 100), ada, bob],
  )
  await pool.query('analyze goals, tasks')
})

/** Returns an executor on the pool, and the statements that it sends. */
function recordStatements(pool: pg.Pool) {
  const sent: { text: string }[] = []
  const db = {
    query(statement: { text: string }) {
      sent.push(statement)
      return pool.query(statement)
    },
  } as unknown as Executor
  return { db, sent }
}

const id = sql`${sql.placeholder('id')}::uuid`
const findGoal = prepareLookup<{ id: string; title: string }>(
  'test_goal',
  sql`select id, title from goals where id = ${id} and ${goalReadable}`,
)
const findTask = prepareLookup<{ id: string }>(
  'test_task',
  sql`select id from tasks where id = ${id} and ${taskVisible}`,
)

test('concurrent lookups share round trips, and each returns the row that its own actor may see', async ({ pool }) => {
  const { db, sent } = recordStatements(pool)
  const stranger = randomUUID()
  const lookups = goalIds.flatMap((id, i) => [
    { id, actorId: ada, asAdmin: false, found: true },
    { id, actorId: bob, asAdmin: false, found: i < 100 },
    { id, actorId: stranger, asAdmin: i % 2 === 0, found: i % 2 === 0 },
    { id: randomUUID(), actorId: ada, asAdmin: true, found: false },
  ])
  const rows = await Promise.all(lookups.map(({ found, ...lookup }) => findGoal(db, lookup)))
  for (const [i, { id, found }] of lookups.entries()) expect(rows[i]).toEqual(found ? { id, title: id } : undefined)
  expect(sent).toHaveLength(10)
})

test('a shared round trip reads along an index for each of its lookups', async ({ pool }) => {
  const { db, sent } = recordStatements(pool)
  const lookup = { id: randomUUID(), actorId: ada, asAdmin: false }
  expect(await findGoal(db, lookup)).toBeUndefined()
  expect(await findTask(db, lookup)).toBeUndefined()
  for (const { text } of sent) {
    const { rows } = await pool.query(`explain (generic_plan) ${text}`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Index Scan using (goals|tasks)_pkey/)
    expect(plan).not.toContain('Seq Scan')
  }
  expect(sent).toHaveLength(2)
})

test('a shared round trip plans no join with a whole table when the table is small', async ({ pool }) => {
  const { db, sent } = recordStatements(pool)
  await pool.query('create table small_lookup as select gen_random_uuid() as id from generate_series(1, 5)')
  await pool.query('alter table small_lookup add primary key (id)')
  await pool.query('analyze small_lookup')
  const findSmall = prepareLookup<{ id: string }>('test_small', sql`select id from small_lookup where id = ${id}`)
  expect(await findSmall(db, { id: randomUUID() })).toBeUndefined()
  const { rows } = await pool.query(`explain (generic_plan) ${sent[0]?.text}`)
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).not.toMatch(/Hash|Merge|Materialize/)
})

test('an error rejects every lookup of its round trip, and no later lookup', async ({ pool }) => {
  const { db } = recordStatements(pool)
  const valid = { id: goalIds[0], actorId: ada, asAdmin: false }
  const invalid = { id: 'x', actorId: ada, asAdmin: false }
  const together = await Promise.allSettled([findGoal(db, valid), findGoal(db, invalid)])
  expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await findGoal(db, valid)).toMatchObject({ id: goalIds[0] })
})
