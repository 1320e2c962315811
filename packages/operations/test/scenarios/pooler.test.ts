import { randomUUID } from 'node:crypto'
import {
  assertSchema,
  createCommit,
  createDatabase,
  deleteGoalCascade,
  findMissingSettings,
  inTransaction,
} from '@goals-tasks/db'
import { prepareForPooler } from '@goals-tasks/db/testing'
import { freshDatabase, hasPgBouncer, startPgBouncer } from '@goals-tasks/devstack/testing'
import { newGoal, newTask } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { checkPooler } from '../../src/doctor/connections.ts'
import { runIntegrity } from '../../src/integrity/run-integrity.ts'

const isInstalled = hasPgBouncer()

/** Opens a pool through the pooler. It closes with the test. */
function open(url: string, poolSize = 16) {
  const { pool, close } = createDatabase({
    ...{ url, poolSize, name: 'test', onError: () => undefined },
    // More calls than connections wait for one, and a busy machine takes seconds for them.
    connectTimeoutMs: 60_000,
  })
  onTestFinished(close)
  return pool
}

const checkPoolerOf = (pool: pg.Pool) => checkPooler(pool, randomUUID())

test.skipIf(!isInstalled)('the statements and transactions work through PgBouncer in transaction mode', async () => {
  const { url } = await freshDatabase()
  const { through, restart } = await startPgBouncer(url)
  const early = open(through(url), 2)
  await expect(assertSchema(early)).rejects.toThrow(/alter role .* set enable_seqscan = 'off';/)
  expect(await checkPoolerOf(early)).toMatchObject({ state: 'problem', fix: expect.stringContaining('alter role') })
  expect((await findMissingSettings(early)).length).toBeGreaterThan(5)
  await prepareForPooler(url)
  // The pooler keeps the sessions of before and their time zone.
  await restart()

  const pool = open(through(url))
  await assertSchema(pool)
  expect(await checkPoolerOf(pool)).toMatchObject({ state: 'ok' })
  const commit = createCommit(pool, () => undefined)
  // More calls at a time than the pooler has sessions, in statements and in transactions.
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      const goal = newGoal()
      await commit.createGoal({ values: goal, metadata: { types: ['goal:created'], actorId: goal.userId } })
      const task = newTask({ goalId: goal.id, userId: goal.userId })
      await commit.createTask({ values: task, metadata: { types: ['task:created'], actorId: goal.userId } })
      const metadata = { actorId: goal.userId, cascadeId: randomUUID() }
      await inTransaction(
        pool,
        () => undefined,
        (tx) => deleteGoalCascade(tx, goal.id, metadata),
      )
    }),
  )
  const { rows } = await open(url, 1).query(
    `select count(*)::int as events, count(*) filter (where type like '%:deleted')::int as deleted from events`,
  )
  expect(rows).toEqual([{ events: 160, deleted: 80 }])
  const { counts } = await runIntegrity({ pool, cache: null })
  expect(Object.values(counts).every((count) => count === 0)).toBe(true)
  expect((await pool.query('show timezone')).rows).toEqual([{ TimeZone: 'UTC' }])
})
