import { randomUUID } from 'node:crypto'
import { newGoal, newTask, taskEntity } from '@goals-tasks/events/testing'
import { expect } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import { sqlState } from '../src/engine/sql-state.ts'
import { committedOf } from './support/committed-of.ts'
import { test as databaseTest } from './support/database-test.ts'

const test = databaseTest.extend('commit', { scope: 'file' }, ({ pool }) => createCommit(pool, () => undefined))
type Commit = ReturnType<typeof createCommit>

const ownerId = randomUUID()

/** Creates tasks of one goal, at version 1. */
async function createTasks(commit: Commit, count: number) {
  const goal = newGoal({ userId: ownerId })
  await commit.createGoal({ values: goal, metadata: { types: ['goal:created'], actorId: ownerId } })
  const tasks = Array.from({ length: count }, () => newTask({ goalId: goal.id, userId: ownerId }))
  const metadata = { types: ['task:created'], actorId: ownerId } as const
  await Promise.all(tasks.map((values) => commit.createTask({ values, metadata })))
  return tasks.map((task) => taskEntity({ ...task, dependencies: [] }))
}

type Task = Awaited<ReturnType<typeof createTasks>>[number]

const update = (commit: Commit, task: Task, values: object = {}, metadata: object = {}) =>
  commit.updateTask({
    values: { ...task, title: 'changed', version: 1, requireNoDependents: false, ...values },
    metadata: { types: ['task:updated'], actorId: ownerId, ...metadata },
  })

const at = (tasks: readonly Task[], index: number): Task => {
  const task = tasks[index]
  if (!task) throw new Error(`there is no task ${index}`)
  return task
}

test('concurrent updates share commits, and each has its own events, readers and deliveries', async ({
  pool,
  commit,
}) => {
  const tasks = await createTasks(commit, 200)
  const outcomes = await Promise.all(
    tasks.map((task, i) =>
      update(commit, task, { title: `title ${i}` }, { correlationId: `request ${i}`, reason: `${i}` }),
    ),
  )
  outcomes.map(committedOf).forEach(({ text, version, events }, i) => {
    expect(JSON.parse(text)).toMatchObject({ id: tasks[i]?.id, title: `title ${i}`, version: 2 })
    expect(version).toBe(2)
    expect(events).toEqual([
      {
        ...{ id: expect.any(String), type: 'task:updated', aggregateId: tasks[i]?.id, version: 2 },
        ...{
          readers: expect.arrayContaining([ownerId]),
          goalIds: [tasks[i]?.goalId, tasks[i]?.goalId],
          withoutReceiver: ['notifications'],
          targets: null,
        },
      },
    ])
  })
  const { rows } = await pool.query(
    `select count(distinct xid::text)::int as commits, count(*)::int as events,
            count(*) filter (where correlation_id = 'request ' || reason
                               and after->>'title' = 'title ' || reason)::int as own,
            sum((select count(*) from event_readers where event_id = e.id))::int as readers,
            sum((select count(*) from deliveries where event_id = e.id))::int as deliveries
     from events e where aggregate_id = any($1) and type = 'task:updated'`,
    [tasks.map((task) => task.id)],
  )
  expect(rows[0]).toMatchObject({ events: 200, own: 200, readers: 200 })
  expect(rows[0].deliveries).toBeGreaterThan(0)
  expect(rows[0].deliveries % 200).toBe(0)
  expect(rows[0].commits).toBeLessThan(20)
})

test('each update of a shared statement is checked against its own actor, version and dependents', async ({
  pool,
  commit,
}) => {
  const tasks = await createTasks(commit, 5)
  await pool.query('update tasks set dependents_count = 1 where id = any($1)', [[at(tasks, 2).id, at(tasks, 4).id]])
  const outcomes = await Promise.all([
    update(commit, at(tasks, 0), {}, { actorId: randomUUID() }),
    update(commit, at(tasks, 1), { version: 2 }),
    update(commit, at(tasks, 2), { requireNoDependents: true }),
    update(commit, at(tasks, 3), {}, { actorId: randomUUID(), asAdmin: true }),
    update(commit, at(tasks, 4)),
    update(commit, { ...at(tasks, 0), id: randomUUID() }),
  ])
  expect(outcomes.map((outcome) => outcome !== null && outcome !== 'locked')).toEqual([
    ...[false, false, false, true, true, false],
  ])
  expect(outcomes).not.toContain('locked')
})

test('updates of one row take turns: the first one wins, and the others match no row', async ({ pool, commit }) => {
  const [task] = await createTasks(commit, 1)
  if (!task) throw new Error('no task was created')
  const outcomes = await Promise.all(Array.from({ length: 10 }, (_, i) => update(commit, task, { title: `${i}` })))
  expect(committedOf(outcomes[0] ?? null).version).toBe(2)
  expect(outcomes.slice(1)).toEqual(Array(9).fill(null))
  const { rows } = await pool.query('select title, version from tasks where id = $1', [task.id])
  expect(rows).toEqual([{ title: '0', version: 2 }])
})

test('only the update of a locked row is left out, and the others of its statement do not wait', async ({
  pool,
  commit,
}) => {
  const tasks = await createTasks(commit, 20)
  const holder = await pool.connect()
  try {
    await holder.query('begin')
    await holder.query('select from tasks where id = $1 for update', [at(tasks, 7).id])
    const outcomes = await Promise.all([
      ...tasks.map((task) => update(commit, task)),
      commit.deleteTask({
        values: { id: at(tasks, 7).id, version: 1, requireNoDependents: true },
        metadata: { types: ['task:deleted'], actorId: ownerId },
      }),
    ])
    expect(outcomes.flatMap((outcome, i) => (outcome === 'locked' ? [i] : []))).toEqual([7, 20])
    expect(outcomes).not.toContain(null)
    await holder.query('rollback')
    committedOf(await update(commit, at(tasks, 7)))
  } finally {
    holder.release()
  }
})

test('only the update with an invalid value fails when it shares a statement with others', async ({ pool, commit }) => {
  const tasks = await createTasks(commit, 30)
  /** Repeats an update that finds its row locked: the failed statement reports its error before it unlocks its rows. */
  const updateFree = async (task: Task, values: object): Promise<unknown> => {
    const outcome = await update(commit, task, values)
    return outcome === 'locked' ? updateFree(task, values) : outcome
  }
  const outcomes = await Promise.allSettled(tasks.map((task, i) => updateFree(task, i === 17 ? { title: '' } : {})))
  expect(outcomes.flatMap((outcome, i) => (outcome.status === 'rejected' ? [i] : []))).toEqual([17])
  expect(sqlState(outcomes[17]?.status === 'rejected' ? outcomes[17].reason : undefined)).toBe('23514')
  const { rows } = await pool.query('select count(*)::int as n from tasks where id = any($1) and version = 2', [
    tasks.map((task) => task.id),
  ])
  expect(rows[0].n).toBe(29)
})
