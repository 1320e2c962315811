import { newGoal, newTask } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import { committedOf } from './support/committed-of.ts'
import { test } from './support/database-test.ts'

/** Postgres plans the first five executions for their values. From the sixth on it may use the generic plan. */
const executions = 7

/** Changes a goal and a task often, one after the other. */
async function changeOften(db: pg.PoolClient): Promise<void> {
  const commit = createCommit(db, () => undefined)
  const { userId, ...goal } = newGoal()
  const metadata = { actorId: userId } as const
  const at = { version: 1, requireNoDependents: true } as const
  for (let n = 0; n < executions; n++) {
    const goalId = crypto.randomUUID()
    const values = { ...goal, id: goalId, userId }
    committedOf(await commit.createGoal({ values, metadata: { ...metadata, types: ['goal:created'] } }))
    const task = newTask({ goalId, userId })
    committedOf(await commit.createTask({ values: task, metadata: { ...metadata, types: ['task:created'] } }))
    const state = { ...task, blockKind: null, blockedFrom: null }
    committedOf(
      await commit.updateTask({
        values: { ...state, ...at, status: 'COMPLETED' },
        metadata: { ...metadata, types: ['task:updated', 'task:completed'] },
      }),
    )
    committedOf(
      await commit.updateGoal({
        values: { ...values, ...at, status: 'ON_HOLD' },
        metadata: { ...metadata, types: ['goal:updated'] },
      }),
    )
    committedOf(
      await commit.deleteTask({
        values: { id: task.id, ...at, version: 2 },
        metadata: { ...metadata, types: ['task:deleted'] },
      }),
    )
  }
}

test('Postgres plans the statement of a change no more when a connection has executed it a few times', async ({
  pool,
}) => {
  const client = await pool.connect()
  try {
    await changeOften(client)
    const { rows } = await client.query(
      `select name, generic_plans::int as generic from pg_prepared_statements where name ~ '^(goals|tasks)_'`,
    )
    const names = ['goals_create', 'goals_update', 'tasks_create', 'tasks_delete', 'tasks_update']
    expect(rows.map(({ name }) => name).sort()).toEqual(names)
    for (const { name, generic } of rows) expect(generic, name).toBe(executions - 5)
  } finally {
    client.release(true)
  }
})
