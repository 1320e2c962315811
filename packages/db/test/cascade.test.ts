import { randomUUID } from 'node:crypto'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { closeTasksOfGoal, deleteGoalCascade, lockOpenTasks, reopenTasksOfGoal } from '../src/changes/cascade.ts'
import { restoreGoalCascade } from '../src/changes/restore.ts'
import { createDatabase } from '../src/engine/client.ts'
import { inTransaction, type Tx } from '../src/engine/transaction.ts'

let database: ReturnType<typeof createDatabase>
beforeAll(async () => {
  database = createDatabase({ ...(await freshDatabase()), poolSize: 2, name: 'test', onError: () => undefined })
})
afterEach(() => database.pool.query('truncate goals, tasks cascade'))
afterAll(() => database.close())

async function largeGoal(owner: string, tasks: number): Promise<string> {
  const { rows } = await database.pool.query(`insert into goals (user_id, title) values ($1, 'Large') returning id`, [
    owner,
  ])
  const goalId = rows[0].id
  await database.pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title) select $1, $2, $2, 'Task ' || i from generate_series(1, $3::int) i`,
    [goalId, owner, tasks],
  )
  return goalId
}

/** Every one of them, within a time that is ample, unless they are joined loop in loop. */
async function expectAll(tasks: number, limit: string, step: (tx: Tx) => Promise<void>): Promise<void> {
  const events = await inTransaction(
    database.pool,
    () => undefined,
    async (tx) => {
      await tx.query(`set local statement_timeout = '${limit}'`)
      await step(tx)
      return tx.events
    },
  )
  expect(events).toHaveLength(tasks + 1)
  expect(new Set(events.map((event) => event.id)).size).toBe(tasks + 1)
}

test('a goal goes with thousands of tasks that no statistics know of yet', async () => {
  const me = randomUUID()
  const goalId = await largeGoal(me, 8_000)
  await expectAll(8_000, '4s', (tx) => deleteGoalCascade(tx, goalId, { actorId: me, cascadeId: randomUUID() }))
})

test('it comes back with them, though the statistics know of the tasks and not of their deletion', async () => {
  const me = randomUUID()
  const goalId = await largeGoal(me, 20_000)
  await database.pool.query('analyze tasks')
  const metadata = { actorId: me, cascadeId: randomUUID() }
  await expectAll(20_000, '12s', (tx) => deleteGoalCascade(tx, goalId, metadata))
  await expectAll(20_000, '12s', (tx) => restoreGoalCascade(tx, goalId, metadata.cascadeId, metadata))
}, 60_000)

test('a small goal closes, reopens and goes without reading the whole table', async () => {
  const me = randomUUID()
  const { pool } = database
  // Others' tasks, one in three of which waits for another.
  await pool.query(
    `with g as (insert into goals (user_id, title) select gen_random_uuid(), 'Theirs' from generate_series(1, 300) returning id, user_id),
          t as (insert into tasks (goal_id, owner_id, user_id, title) select id, user_id, user_id, 'Task' from g, generate_series(1, 100) returning id),
          n as (select id, row_number() over (order by id) as n from t)
     insert into task_dependencies (task_id, depends_on_id) select a.id, b.id from n a join n b on b.n = a.n + 1 where a.n % 3 = 0`,
  )
  await pool.query('analyze goals, tasks, task_dependencies')
  const goal = async () =>
    (await pool.query(`insert into goals (user_id, title) values ($1, 'Small') returning id`, [me])).rows[0].id
  const task = async (goalId: string) =>
    (
      await pool.query(
        `insert into tasks (goal_id, owner_id, user_id, title) values ($1, $2, $2, 'Task') returning id`,
        [goalId, me],
      )
    ).rows[0].id
  const [goalId, other] = [await goal(), await goal()]
  const [first, second, outside] = [await task(goalId), await task(goalId), await task(other)]
  await pool.query('insert into task_dependencies (task_id, depends_on_id) values ($1, $2), ($3, $2)', [
    second,
    first,
    outside,
  ])

  const cascadeId = randomUUID()
  const metadata = { actorId: me, cascadeId }
  const steps: Record<string, (tx: Tx) => Promise<void>> = {
    close: async (tx) => closeTasksOfGoal(tx, goalId, await lockOpenTasks(tx, goalId), 'CANCELLED', metadata),
    reopen: (tx) => reopenTasksOfGoal(tx, goalId, cascadeId, metadata),
    delete: (tx) => deleteGoalCascade(tx, goalId, metadata),
    restore: (tx) => restoreGoalCascade(tx, goalId, cascadeId, metadata),
  }
  for (const [name, step] of Object.entries(steps)) {
    const { events, scans } = await inTransaction(
      pool,
      () => undefined,
      async (tx) => {
        const scans = async () =>
          (
            await tx.query(
              `select relname, seq_scan from pg_stat_xact_user_tables where relname in ('tasks', 'goals', 'task_dependencies')`,
            )
          ).rows.map((row) => [row.relname, Number(row.seq_scan)])
        const before = Object.fromEntries(await scans())
        await step(tx)
        return { events: tx.events, scans: (await scans()).filter(([table, n]) => n !== before[String(table)]) }
      },
    )
    expect(events.length, name).toBeGreaterThan(0)
    expect(scans, name).toEqual([])
  }
})
