import { randomUUID } from 'node:crypto'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { goalReadable, taskVisible } from '../src/changes/visibility.ts'
import { createDatabase } from '../src/engine/client.ts'
import { prepareLookup } from '../src/engine/lookup.ts'
import type { Executor } from '../src/engine/statement.ts'

let database: ReturnType<typeof createDatabase>
const [ada, bob] = [randomUUID(), randomUUID()]
const goalIds = Array.from({ length: 250 }, () => randomUUID())
beforeAll(async () => {
  database = createDatabase({ ...(await freshDatabase()), poolSize: 4, name: 'test', onError: () => undefined })
  await database.pool.query(`insert into goals (id, user_id, title) select id, $2, id from unnest($1::uuid[]) id`, [
    goalIds,
    ada,
  ])
  await database.pool.query(
    `insert into tasks (goal_id, owner_id, user_id, assigned_to, title)
     select goal_id, $2, $2, case when n = 1 then $3::uuid end, 'x' from unnest($1::uuid[]) goal_id, generate_series(1, 20) n`,
    [goalIds.slice(0, 100), ada, bob],
  )
  await database.pool.query('analyze goals, tasks')
})
afterAll(() => database.close())

/** The pool, and the statements that went there. */
function recorded() {
  const sent: { text: string }[] = []
  const on = {
    query(statement: { text: string }) {
      sent.push(statement)
      return database.pool.query(statement)
    },
  } as unknown as Executor
  return { on, sent }
}

const id = sql`${sql.placeholder('id')}::uuid`
const goal = prepareLookup<{ id: string; title: string }>(
  'test_goal',
  sql`select id, title from goals where id = ${id} and ${goalReadable}`,
)
const task = prepareLookup<{ id: string }>('test_task', sql`select id from tasks where id = ${id} and ${taskVisible}`)

test('questions that come together share round trips, and each gets its own answer and nobody else’s', async () => {
  const { on, sent } = recorded()
  const stranger = randomUUID()
  const questions = goalIds.flatMap((id, i) => [
    { id, actorId: ada, asAdmin: false, found: true },
    { id, actorId: bob, asAdmin: false, found: i < 100 },
    { id, actorId: stranger, asAdmin: i % 2 === 0, found: i % 2 === 0 },
    { id: randomUUID(), actorId: ada, asAdmin: true, found: false },
  ])
  const answers = await Promise.all(questions.map(({ found, ...question }) => goal(on, question)))
  for (const [i, { id, found }] of questions.entries())
    expect(answers[i]).toEqual(found ? { id, title: id } : undefined)
  expect(sent).toHaveLength(10)
})

test('however many ask, each costs a look-up along an index', async () => {
  const { on, sent } = recorded()
  const question = { id: randomUUID(), actorId: ada, asAdmin: false }
  expect(await goal(on, question)).toBeUndefined()
  expect(await task(on, question)).toBeUndefined()
  for (const { text } of sent) {
    const { rows } = await database.pool.query(`explain (generic_plan) ${text}`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Index Scan using (goals|tasks)_pkey/)
    expect(plan).not.toContain('Seq Scan')
  }
  expect(sent).toHaveLength(2)
})

test('an error is told to all who asked with it, and to nobody after them', async () => {
  const { on } = recorded()
  const [mine, bad] = [
    { id: goalIds[0], actorId: ada, asAdmin: false },
    { id: 'x', actorId: ada, asAdmin: false },
  ]
  const together = await Promise.allSettled([goal(on, mine), goal(on, bad)])
  expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await goal(on, mine)).toMatchObject({ id: goalIds[0] })
})
