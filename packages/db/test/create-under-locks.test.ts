import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { newGoal, newTask } from '@goals-tasks/events/testing'
import pg from 'pg'
import { expect } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import { openDatabase, test } from './support/database-test.ts'

/** Creates the goals `locked` and `free`, and returns a function that creates a task in one of them. */
async function createTwoGoals(pool: pg.Pool) {
  const commit = createCommit(pool, () => undefined)
  const actorId = randomUUID()
  const [locked, free] = [newGoal({ userId: actorId }), newGoal({ userId: actorId })]
  for (const values of [locked, free])
    await commit.createGoal({ values, metadata: { types: ['goal:created'], actorId } })
  const createTask = (goal: { id: string }) => {
    const values = newTask({ goalId: goal.id, userId: actorId })
    return commit.createTask({ values, metadata: { types: ['task:created'], actorId } })
  }
  return { locked, free, createTask }
}

const allCreated = async (tasks: Promise<unknown>[]) => (await Promise.all(tasks)).every((task) => task !== null)

test('tasks of other goals do not wait when the goal of some tasks is locked', async ({ pool }) => {
  const { locked, free, createTask } = await createTwoGoals(pool)
  const holder = await pool.connect()
  try {
    await holder.query('begin')
    await holder.query('select from goals where id = $1 for update', [locked.id])
    let passed = false
    const waiting = Array.from({ length: 4 }, () =>
      createTask(locked).finally(() => {
        passed = true
      }),
    )
    expect(await allCreated(Array.from({ length: 20 }, () => createTask(free)))).toBe(true)
    expect(passed).toBe(false)
    await holder.query('commit')
    expect(await allCreated(waiting)).toBe(true)
  } finally {
    holder.release()
  }
})

test('tasks that wait for a locked goal leave a connection of a small pool free', async () => {
  const { pool, close } = await openDatabase({ poolSize: 4 })
  const { locked, free, createTask } = await createTwoGoals(pool)
  const holder = new pg.Client(pool.options)
  await holder.connect()
  try {
    await holder.query('begin')
    await holder.query('select from goals where id = $1 for update', [locked.id])
    const waiting = Array.from({ length: 20 }, () => createTask(locked))
    // This query needs the free connection of the same pool.
    const countWaiters = async () =>
      (await pool.query(`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`))
        .rowCount
    await until(async () => (await countWaiters()) === 3)
    // Another task of the locked goal makes the statement fail that it shares with the tasks of the free goal.
    waiting.push(createTask(locked))
    expect(await allCreated([createTask(free), createTask(free)])).toBe(true)
    expect(await countWaiters()).toBe(3)
    await holder.query('commit')
    expect(await allCreated(waiting)).toBe(true)
  } finally {
    await holder.end()
    await close()
  }
})
