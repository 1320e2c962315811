import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { expect } from 'vitest'
import { closeTasksOfGoal, deleteGoalCascade, lockOpenTasks, reopenTasksOfGoal } from '../src/changes/cascade.ts'
import { restoreGoalCascade } from '../src/changes/restore.ts'
import type { Tx } from '../src/engine/transaction.ts'
import { emptyTables } from './support/committed-goal.ts'
import { countRows } from './support/count-rows.ts'
import { test } from './support/database-test.ts'

test.afterEach(async ({ pool }) => void (await emptyTables(pool)))

async function insertGoal(pool: pg.Pool, owner: string): Promise<string> {
  const { rows } = await pool.query(`insert into goals (user_id, title) values ($1, 'A goal') returning id`, [owner])
  return rows[0].id
}

async function insertLargeGoal(pool: pg.Pool, owner: string, tasks: number): Promise<string> {
  const goalId = await insertGoal(pool, owner)
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title)
     select $1, $2, $2, 'Task ' || i from generate_series(1, $3::int) i`,
    [goalId, owner, tasks],
  )
  return goalId
}

/**
 * Expects an event of the goal and of each task, and a number of rows per task that does not grow with the tasks. A
 * nested loop over all rows would have thousands per task.
 */
async function expectAll(pool: pg.Pool, tasks: number, step: (tx: Tx) => Promise<void>): Promise<void> {
  const { events, rows } = await countRows(pool, step)
  expect(events).toHaveLength(tasks + 1)
  expect(new Set(events.map((event) => event.id)).size).toBe(tasks + 1)
  expect(rows / tasks).toBeLessThan(100)
}

test('a goal is deleted with thousands of tasks when Postgres has no statistics about them', async ({ pool }) => {
  const owner = randomUUID()
  const goalId = await insertLargeGoal(pool, owner, 5_000)
  await expectAll(pool, 5_000, (tx) => deleteGoalCascade(tx, goalId, { actorId: owner, cascadeId: randomUUID() }))
})

test('a goal is restored with thousands of tasks when the statistics are from before their deletion', async ({
  pool,
}) => {
  const owner = randomUUID()
  const goalId = await insertLargeGoal(pool, owner, 5_000)
  await pool.query('analyze tasks')
  const metadata = { actorId: owner, cascadeId: randomUUID() }
  await expectAll(pool, 5_000, (tx) => deleteGoalCascade(tx, goalId, metadata))
  await expectAll(pool, 5_000, (tx) => restoreGoalCascade(tx, goalId, metadata.cascadeId, metadata))
})

/** Inserts the tasks of other users, one in three of which depends on another. */
async function insertOtherTasks(pool: pg.Pool): Promise<void> {
  await pool.query(
    `with g as (
       insert into goals (user_id, title)
       select gen_random_uuid(), 'Of another user' from generate_series(1, 300) returning id, user_id
     ), t as (
       insert into tasks (goal_id, owner_id, user_id, title)
       select id, user_id, user_id, 'Task' from g, generate_series(1, 100) returning id
     ), n as (select id, row_number() over (order by id) as n from t)
     insert into task_dependencies (task_id, depends_on_id)
     select a.id, b.id from n a join n b on b.n = a.n + 1 where a.n % 3 = 0`,
  )
  await pool.query('analyze goals, tasks, task_dependencies')
}

test('a small goal closes, reopens, is deleted and restored without a scan of a whole table', async ({
  pool,
  transaction,
}) => {
  const owner = randomUUID()
  await insertOtherTasks(pool)
  const insertTask = async (goalId: string) => {
    const { rows } = await pool.query(
      `insert into tasks (goal_id, owner_id, user_id, title) values ($1, $2, $2, 'Task') returning id`,
      [goalId, owner],
    )
    return rows[0].id
  }
  const [goalId, other] = [await insertGoal(pool, owner), await insertGoal(pool, owner)]
  const [first, second, outside] = [await insertTask(goalId), await insertTask(goalId), await insertTask(other)]
  await pool.query('insert into task_dependencies (task_id, depends_on_id) values ($1, $2), ($3, $2)', [
    second,
    first,
    outside,
  ])

  const cascadeId = randomUUID()
  const metadata = { actorId: owner, cascadeId }
  const steps: Record<string, (tx: Tx) => Promise<void>> = {
    close: async (tx) => closeTasksOfGoal(tx, goalId, await lockOpenTasks(tx, goalId), 'CANCELLED', metadata),
    reopen: (tx) => reopenTasksOfGoal(tx, goalId, cascadeId, metadata),
    delete: (tx) => deleteGoalCascade(tx, goalId, metadata),
    restore: (tx) => restoreGoalCascade(tx, goalId, cascadeId, metadata),
  }
  for (const [name, step] of Object.entries(steps)) {
    const { events, scans } = await transaction(async (tx) => {
      const before = Object.fromEntries(await sequentialScans(tx))
      await step(tx)
      const after = await sequentialScans(tx)
      return { events: tx.events, scans: after.filter(([table, count]) => count !== before[table]) }
    })
    expect(events.length, name).toBeGreaterThan(0)
    expect(scans, name).toEqual([])
  }
})

/** Returns how often the transaction has scanned each table. */
async function sequentialScans(tx: Tx): Promise<[string, number][]> {
  const { rows } = await tx.query(
    `select relname, seq_scan from pg_stat_xact_user_tables
     where relname in ('tasks', 'goals', 'task_dependencies')`,
  )
  return rows.map((row) => [row.relname, Number(row.seq_scan)])
}
