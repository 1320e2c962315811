import { randomUUID } from 'node:crypto'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deleteGoalCascade } from './cascade.ts'
import { createDatabase } from './client.ts'
import { inTransaction } from './transaction.ts'

let database: ReturnType<typeof createDatabase>
beforeAll(async () => {
  database = createDatabase({ ...(await freshDatabase()), poolSize: 2, name: 'test', onError: () => undefined })
})
afterAll(() => database.close())

test('a goal goes with thousands of tasks that no statistics know of yet', async () => {
  const me = randomUUID()
  const { rows } = await database.pool.query(`insert into goals (user_id, title) values ($1, 'Large') returning id`, [
    me,
  ])
  const goalId = rows[0].id
  await database.pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title) select $1, $2, $2, 'Task ' || i from generate_series(1, 8000) i`,
    [goalId, me],
  )
  const events = await inTransaction(database.pool, async (tx) => {
    // Loop in loop would take several times as long.
    await tx.query(`set local statement_timeout = '4s'`)
    return deleteGoalCascade(tx, goalId, { actorId: me, cascadeId: randomUUID() })
  })
  expect(events).toHaveLength(8001)
  expect(new Set(events.map((event) => event.id)).size).toBe(8001)
})
