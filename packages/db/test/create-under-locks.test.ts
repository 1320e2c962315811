import { randomUUID } from 'node:crypto'
import { newGoal, newTask } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import { committedOf } from './support/committed-of.ts'
import { test } from './support/database-test.ts'

const actorId = randomUUID()

/** Creates a goal, and returns a function that creates a task in any goal. */
async function createWorld(pool: pg.Pool) {
  const commit = createCommit(pool, () => undefined)
  const addGoal = async () => {
    const values = newGoal({ userId: actorId })
    await commit.createGoal({ values, metadata: { types: ['goal:created'], actorId } })
    return values.id
  }
  const createTask = (goalId: string) =>
    commit.createTask({
      values: newTask({ goalId, userId: actorId }),
      metadata: { types: ['task:created'], actorId },
    })
  return { addGoal, createTask }
}

test('a create is locked out when its goal is locked, and the other creates of its statement succeed', async ({
  pool,
}) => {
  const { addGoal, createTask } = await createWorld(pool)
  const [locked, closed, missing] = [await addGoal(), await addGoal(), randomUUID()]
  const free = [await addGoal(), await addGoal()]
  await pool.query(`update goals set status = 'CANCELLED' where id = $1`, [closed])
  const holder = await pool.connect()
  try {
    await holder.query('begin')
    await holder.query('select from goals where id = $1 for update', [locked])
    const outcomes = await Promise.all([locked, ...free, closed, missing].map(createTask))
    expect(outcomes[0]).toBe('locked')
    expect(outcomes.slice(1, 3).map(committedOf)).toHaveLength(2)
    expect(outcomes.slice(3)).toEqual([null, null])
    const { rows } = await pool.query('select count(distinct xid::text)::int as commits from events where type = $1', [
      'task:created',
    ])
    expect(rows[0].commits).toBe(1)
    await holder.query('commit')
    committedOf(await createTask(locked))
  } finally {
    holder.release()
  }
})

test('a create sees the state that its goal has when the lock is taken', async ({ pool }) => {
  const { addGoal, createTask } = await createWorld(pool)
  const goal = await addGoal()
  const holder = await pool.connect()
  try {
    await holder.query('begin')
    await holder.query(`update goals set status = 'CANCELLED' where id = $1`, [goal])
    expect(await createTask(goal)).toBe('locked')
    await holder.query('commit')
    expect(await createTask(goal)).toBeNull()
  } finally {
    holder.release()
  }
})
