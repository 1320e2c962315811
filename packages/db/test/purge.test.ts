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
