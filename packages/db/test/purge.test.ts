import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { purgeExpired } from '../src/changes/purge.ts'
import { test } from './support/database-test.ts'

test('a goal is purged with its last task when the limit cuts between its tasks', async ({ pool, transaction }) => {
  const [goalId, ownerId] = [randomUUID(), randomUUID()]
  await pool.query(
    `insert into goals (id, user_id, title, deleted_at) values ($1, $2, 'x', now() - interval '40 days')`,
    [goalId, ownerId],
  )
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title, deleted_at)
     select $1, $2, $2, 'x', now() - interval '40 days' from generate_series(1, 3)`,
    [goalId, ownerId],
  )
  const purge = () => transaction((tx) => purgeExpired(tx, { days: 30, limit: 2 }))
  expect([await purge(), await purge(), await purge()]).toEqual([
    { tasks: 2, goals: 0 },
    { tasks: 1, goals: 1 },
    { tasks: 0, goals: 0 },
  ])
})

test('tasks are purged in the order of their deletion, and a deleted dependent keeps its version', async ({
  pool,
  transaction,
}) => {
  const [goalId, ownerId] = [randomUUID(), randomUUID()]
  await pool.query(`insert into goals (id, user_id, title) values ($1, $2, 'x')`, [goalId, ownerId])
  const insertDeleted = async (days: number) => {
    const { rows } = await pool.query(
      `insert into tasks (goal_id, owner_id, user_id, title, deleted_at)
       values ($1, $2, $2, 'x', now() - make_interval(days => $3)) returning id`,
      [goalId, ownerId, days],
    )
    return rows[0].id
  }
  const [dependent, later, blocker] = [await insertDeleted(10), await insertDeleted(40), await insertDeleted(50)]
  await pool.query('insert into task_dependencies (task_id, depends_on_id) values ($1, $2)', [dependent, blocker])
  await transaction((tx) => purgeExpired(tx, { days: 30, limit: 1 }))
  const { rows } = await pool.query('select id, version from tasks where goal_id = $1 order by deleted_at', [goalId])
  expect(rows).toEqual([
    { id: later, version: 1 },
    { id: dependent, version: 1 },
  ])
})
