import { randomUUID } from 'node:crypto'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import { fillPlaceholders, type SQL, sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { goalReadable, taskOwned, taskVisible } from '../src/changes/visibility.ts'
import { createDatabase } from '../src/engine/client.ts'

let database: ReturnType<typeof createDatabase>
const goalIds = Array.from({ length: 20 }, () => randomUUID())
beforeAll(async () => {
  database = createDatabase({ ...(await freshDatabase()), poolSize: 1, name: 'test', onError: () => undefined })
  const [owner, assignee] = [randomUUID(), randomUUID()]
  await database.pool.query(`insert into goals (id, user_id, title) select id, $2, 'x' from unnest($1::uuid[]) id`, [
    goalIds,
    owner,
  ])
  // One assignee of half of everything: whoever looks for any task of theirs seems to find one at once.
  await database.pool.query(
    `insert into tasks (goal_id, owner_id, user_id, assigned_to, title)
     select goal_id, $2, $3, case when n % 2 = 0 then $3::uuid end, 'x' from unnest($1::uuid[]) goal_id, generate_series(1, 2000) n`,
    [goalIds, owner, assignee],
  )
  await database.pool.query('analyze goals, tasks')
})
afterAll(() => database.close())

/** How many pages a look-up reads, by the plan that serves every caller. */
async function pagesRead(query: SQL, values: { id: string; actorId: string }): Promise<number> {
  const { sql: text, params } = new PgDialect().sqlToQuery(query)
  const given = fillPlaceholders(params, { ...values, asAdmin: false })
  await database.pool.query('set plan_cache_mode = force_generic_plan')
  await database.pool.query(`prepare look as ${text}`)
  const { rows } = await database.pool.query(
    `explain (analyze, buffers, format json) execute look(${given.map((value) => `'${value}'`).join(', ')})`,
  )
  await database.pool.query('deallocate look')
  return rows[0]['QUERY PLAN'][0].Plan['Shared Hit Blocks'] + rows[0]['QUERY PLAN'][0].Plan['Shared Read Blocks']
}

const id = sql`${sql.placeholder('id')}::uuid`
const goal = sql`select id from goals where id = ${id} and ${goalReadable}`
const task = sql`select id, ${taskOwned} as owned from tasks where id = ${id} and ${taskVisible}`

test('that something is not theirs costs a stranger, or a creator who lost sight of it, a look-up, however many tasks there are', async () => {
  const actorId = randomUUID()
  expect(await pagesRead(goal, { id: goalIds[3] ?? '', actorId })).toBeLessThan(20)
  const { rows } = await database.pool.query(
    'update tasks set user_id = $1 where id = (select id from tasks limit 1) returning id',
    [actorId],
  )
  const { id } = rows[0]
  for (const stranger of [randomUUID(), actorId])
    expect(await pagesRead(task, { id, actorId: stranger })).toBeLessThan(20)
})
