import { randomUUID } from 'node:crypto'
import { fillPlaceholders, type SQL, sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import { expect } from 'vitest'
import { goalReadable, taskOwned, taskVisible } from '../src/reads/visibility.ts'
import { test as databaseTest } from './support/database-test.ts'

// Session settings and prepared statements belong to a connection.
const test = databaseTest.extend('poolSize', { scope: 'file' }, 1)

const goalIds = Array.from({ length: 20 }, () => randomUUID())

test.beforeAll(async ({ pool }) => {
  const [owner, assignee] = [randomUUID(), randomUUID()]
  await pool.query(`insert into goals (id, user_id, title) select id, $2, 'x' from unnest($1::uuid[]) id`, [
    goalIds,
    owner,
  ])
  // One assignee has half of all tasks, so Postgres expects to find a task of any assignee at once.
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, assigned_to, title)
     select goal_id, $2, $3, case when n % 2 = 0 then $3::uuid end, 'x'
     from unnest($1::uuid[]) goal_id, generate_series(1, 2000) n`,
    [goalIds, owner, assignee],
  )
  await pool.query('analyze goals, tasks')
})

/** Returns how many pages a lookup reads with the generic plan, which serves every actor. */
async function pagesRead(pool: pg.Pool, query: SQL, values: { id: string; actorId: string }): Promise<number> {
  const { sql: text, params } = new PgDialect().sqlToQuery(query)
  const given = fillPlaceholders(params, { ...values, asAdmin: false })
  await pool.query(`prepare look as ${text}`)
  const { rows } = await pool.query(
    `explain (analyze, buffers, format json) execute look(${given.map((value) => `'${value}'`).join(', ')})`,
  )
  await pool.query('deallocate look')
  return rows[0]['QUERY PLAN'][0].Plan['Shared Hit Blocks'] + rows[0]['QUERY PLAN'][0].Plan['Shared Read Blocks']
}

const id = sql`${sql.placeholder('id')}::uuid`
const goal = sql`select id from goals where id = ${id} and ${goalReadable}`
const task = sql`select id, ${taskOwned} as owned from tasks where id = ${id} and ${taskVisible}`

test('a lookup reads few pages when the actor is a stranger or a creator who no longer sees the goal', async ({
  pool,
}) => {
  const actorId = randomUUID()
  expect(await pagesRead(pool, goal, { id: goalIds[3] ?? '', actorId })).toBeLessThan(20)
  const { rows } = await pool.query(
    'update tasks set user_id = $1 where id = (select id from tasks limit 1) returning id',
    [actorId],
  )
  const { id } = rows[0]
  for (const stranger of [randomUUID(), actorId])
    expect(await pagesRead(pool, task, { id, actorId: stranger })).toBeLessThan(20)
})
