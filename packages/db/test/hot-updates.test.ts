import { newGoal, newTask } from '@goals-tasks/events/testing'
import { expect } from 'vitest'
import { commitWithin } from '../src/changes/commit.ts'
import type { Tx } from '../src/engine/transaction.ts'
import { test } from './support/database-test.ts'

/** Counts the updates of `work`, and the ones among them that wrote no index (HOT), by the statistics of Postgres. */
async function countUpdates(tx: Tx, table: 'goals' | 'tasks', work: () => Promise<unknown>) {
  const read = async () => {
    const { rows } = await tx.query<{ all: number; hot: number }>(
      `select n_tup_upd::int as all, n_tup_hot_upd::int as hot from pg_stat_xact_user_tables where relname = $1`,
      [table],
    )
    return rows[0] ?? { all: 0, hot: 0 }
  }
  const before = await read()
  await work()
  const after = await read()
  return { all: after.all - before.all, hot: after.hot - before.hot }
}

/** Creates a goal with a task. @returns functions that change them */
async function createBoth(tx: Tx) {
  const commit = commitWithin(tx)
  const goal = newGoal()
  const task = newTask({ goalId: goal.id, userId: goal.userId })
  const metadata = { types: ['goal:created'], actorId: goal.userId } as const
  await commit.createGoal({ values: goal, metadata })
  await commit.createTask({ values: task, metadata: { ...metadata, types: ['task:created'] } })
  return {
    changeGoal: (values: { title: string }) =>
      commit.updateGoal({
        values: { ...goal, status: 'ACTIVE', version: 1, ...values },
        metadata: { ...metadata, types: ['goal:updated'] },
      }),
    changeTask: (values: { title?: string; status?: 'TODO' | 'IN_PROGRESS' }) =>
      commit.updateTask({
        values: {
          ...{ ...task, status: 'TODO', blockKind: null, blockedFrom: null, version: 1, requireNoDependents: true },
          ...values,
        },
        metadata: { ...metadata, types: ['task:updated'] },
      }),
  }
}

test('an update writes no index when it changes the title of a task', ({ transaction }) =>
  transaction(async (tx) => {
    const { changeTask } = await createBoth(tx)
    expect(await countUpdates(tx, 'tasks', () => changeTask({ title: 'Renamed' }))).toEqual({ all: 1, hot: 1 })
  }))

test('an update writes no index when it changes the title of a goal', ({ transaction }) =>
  transaction(async (tx) => {
    const { changeGoal } = await createBoth(tx)
    expect(await countUpdates(tx, 'goals', () => changeGoal({ title: 'Renamed' }))).toEqual({ all: 1, hot: 1 })
  }))

test('an update writes the indexes when it changes the status of a task, which the progress index holds', ({
  transaction,
}) =>
  transaction(async (tx) => {
    const { changeTask } = await createBoth(tx)
    expect(await countUpdates(tx, 'tasks', () => changeTask({ status: 'IN_PROGRESS' }))).toEqual({ all: 1, hot: 0 })
  }))

test('no index holds a column that every update changes or that is text', async ({ pool }) => {
  const { rows } = await pool.query<{ index: string }>(
    `select indexrelid::regclass::text as index from pg_index
     join pg_attribute on attrelid = indexrelid and attname in ('updated_at', 'version', 'title', 'description')
     where indrelid in ('goals'::regclass, 'tasks'::regclass)`,
  )
  expect(rows).toEqual([])
})

test('pages have room for updates when the rows of the table are updated', async ({ pool }) => {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where 'fillfactor=80' = any(reloptions) order by relname`,
  )
  expect(rows.map(({ name }) => name)).toEqual([
    ...[
      'contact_confirmations',
      'contacts',
      'goals',
      'idempotency_keys',
      'mail_digests',
      'mail_schedules',
      'notification_preferences',
      'notifications',
      'processes',
      'sync_run_failures',
      'sync_runs',
      'tasks',
      'webhook_health_changes',
      'webhooks',
    ],
  ])
})
