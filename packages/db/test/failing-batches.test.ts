import { newGoal, newTask, taskEntity } from '@goals-tasks/events/testing'
import { expect } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import { updates } from '../src/changes/update.ts'
import { sqlState } from '../src/engine/sql-state.ts'
import { committedOf } from './support/committed-of.ts'
import { test as databaseTest } from './support/database-test.ts'
import { untilLockWait } from './support/lock-waits.ts'

const test = databaseTest.extend('commit', { scope: 'file' }, ({ pool }) => createCommit(pool, () => undefined))

/** Makes Postgres refuse each goal with the title `raise <SQLSTATE>` by that state. */
test.beforeAll(async ({ pool }) => {
  await pool.query(`
    create function raise_state() returns trigger language plpgsql as $$ begin
      raise exception 'refused' using errcode = split_part(new.title, ' ', 2);
    end $$;
    create trigger raise_state before insert on goals for each row
      when (new.title like 'raise %') execute function raise_state()`)
})

type Commit = ReturnType<typeof createCommit>
const createGoal = (commit: Commit, title: string) => {
  const values = newGoal({ title })
  return commit.createGoal({ values, metadata: { types: ['goal:created'], actorId: values.userId } })
}

/** Creates five goals in one statement, which fails with the state. @returns the indexes of the refused ones */
async function createWithRefused(commit: Commit, state: string) {
  const titles = ['a', 'b', `raise ${state}`, 'c', 'd']
  const outcomes = await Promise.allSettled(titles.map((title) => createGoal(commit, title)))
  const states = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? sqlState(outcome.reason) : []))
  expect(new Set(states)).toEqual(new Set([state]))
  return outcomes.flatMap((outcome, i) => (outcome.status === 'rejected' ? [i] : []))
}

test.for(['22003', '23505', '40001', '40P01', '55P03'])(
  'only the create that fails with %s is refused when it shares a statement with others',
  async (state, { commit }) => {
    expect(await createWithRefused(commit, state)).toEqual([2])
  },
)

test.for(['08006', '53100', '57014', 'XX000'])(
  'no create is repeated when their statement fails with %s',
  async (state, { commit }) => {
    expect(await createWithRefused(commit, state)).toEqual([0, 1, 2, 3, 4])
  },
)

test('an update of several rows waits for their locks in the order of their ids', async ({
  pool,
  commit,
  transaction,
}) => {
  const goal = newGoal()
  const actorId = goal.userId
  await commit.createGoal({ values: goal, metadata: { types: ['goal:created'], actorId } })
  const created = Array.from({ length: 3 }, () => newTask({ goalId: goal.id, userId: actorId }))
  for (const values of created) await commit.createTask({ values, metadata: { types: ['task:created'], actorId } })
  const tasks = created.map((task) => taskEntity({ ...task, dependencies: [] })).sort((a, b) => (a.id < b.id ? 1 : -1))
  const ids = tasks.map((task) => task.id)

  const { updating } = await transaction(async (holder) => {
    await holder.query('select from tasks where id = $1 for update', [ids[1]])
    const changes = tasks.map((task) => ({
      values: { ...task, version: 1, requireNoDependents: false },
      metadata: { types: ['task:updated'] as const, actorId },
    }))
    const updating = transaction((tx) => updates.task(tx, changes))
    await untilLockWait(pool)
    const { rows } = await pool.query('select id from tasks where id = any($1) for update skip locked', [ids])
    expect(rows).toEqual([{ id: ids[0] }])
    return { updating }
  })
  expect((await updating).map(committedOf)).toHaveLength(3)
})
