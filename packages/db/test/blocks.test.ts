import { randomUUID } from 'node:crypto'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recomputeBlocks } from '../src/changes/blocks.ts'
import { dependentsOf, lockTasks } from '../src/changes/locks.ts'
import { createDatabase } from '../src/engine/client.ts'
import { inTransaction } from '../src/engine/transaction.ts'

let database: ReturnType<typeof createDatabase>
beforeAll(async () => {
  database = createDatabase({ ...(await freshDatabase()), poolSize: 2, name: 'test', onError: () => undefined })
})
afterAll(() => database.close())

test('thousands that wait for one task are unblocked by it, even when no statistics know of them yet', async () => {
  const me = randomUUID()
  const { rows } = await database.pool.query(
    `with goal as (insert into goals (user_id, title) values ($1, 'Large') returning id)
     insert into tasks (goal_id, owner_id, user_id, title, status, completed_at, dependents_count)
     select id, $1, $1, 'Awaited', 'COMPLETED', now(), 5000 from goal returning id, goal_id`,
    [me],
  )
  const { id, goal_id } = rows[0]
  await database.pool.query(
    `with waiting as (
       insert into tasks (goal_id, owner_id, user_id, title, status, block_kind, blocked_from, dependencies)
       select $1, $2, $2, 'Waits', 'BLOCKED', 'DEPENDENCY', 'TODO', jsonb_build_array($3::text) from generate_series(1, 5000) returning id)
     insert into task_dependencies (task_id, depends_on_id) select id, $3::uuid from waiting`,
    [goal_id, me, id],
  )
  const events = await inTransaction(
    database.pool,
    () => undefined,
    async (tx) => {
      // Looking through all open tasks for each of those that wait would take many times as long.
      await tx.query(`set local statement_timeout = '8s'`)
      await lockTasks(tx, () => dependentsOf(tx, [id]))
      await recomputeBlocks(tx, await dependentsOf(tx, [id]), { actorId: me })
      return tx.events
    },
  )
  expect(events).toHaveLength(5000)
})
