import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { recomputeBlocks } from '../src/changes/blocks.ts'
import { dependentsOf, lockTasks } from '../src/changes/locks.ts'
import { countRows } from './support/count-rows.ts'
import { test } from './support/database-test.ts'

test('a completed task unblocks thousands of dependents when Postgres has no statistics about them', async ({
  pool,
}) => {
  const actorId = randomUUID()
  const { rows: goals } = await pool.query(
    `with goal as (insert into goals (user_id, title) values ($1, 'Large') returning id)
     insert into tasks (goal_id, owner_id, user_id, title, status, completed_at, dependents_count)
     select id, $1, $1, 'Blocker', 'COMPLETED', now(), 2000 from goal returning id, goal_id`,
    [actorId],
  )
  const { id, goal_id } = goals[0]
  await pool.query(
    `with waiting as (
       insert into tasks (goal_id, owner_id, user_id, title, status, block_kind, blocked_from, dependencies)
       select $1, $2, $2, 'Waits', 'BLOCKED', 'DEPENDENCY', 'TODO', jsonb_build_array($3::text)
       from generate_series(1, 2000) returning id)
     insert into task_dependencies (task_id, depends_on_id) select id, $3::uuid from waiting`,
    [goal_id, actorId, id],
  )
  const { events, rows } = await countRows(pool, async (tx) => {
    await lockTasks(tx, () => dependentsOf(tx, [id]))
    await recomputeBlocks(tx, await dependentsOf(tx, [id]), { actorId })
  })
  expect(events).toHaveLength(2_000)
  // Reading all open tasks once per dependent would be thousands of rows per dependent.
  expect(rows / 2_000).toBeLessThan(100)
})
