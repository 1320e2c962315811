import { randomUUID } from 'node:crypto'
import type { CommittedEvent, Task } from '@goals-tasks/events'
import { newGoal, newTask, taskEntity } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { expect, vi } from 'vitest'
import { closeTasksOfGoal, deleteGoalCascade, lockOpenTasks, reopenTasksOfGoal } from '../src/changes/cascade.ts'
import { commitWithin, createCommit } from '../src/changes/commit.ts'
import { createDependentTaskIn } from '../src/changes/create.ts'
import { updateTaskWithEdges } from '../src/changes/edges.ts'
import { restoreGoalCascade } from '../src/changes/restore.ts'
import { inTransaction, type Publish, savepoint, type Tx } from '../src/engine/transaction.ts'
import { committedOf } from './support/committed-of.ts'
import { test } from './support/database-test.ts'

const actorId = randomUUID()
const goalToCreate = () => ({
  values: newGoal({ userId: actorId }),
  metadata: { types: ['goal:created'] as const, actorId },
})

/** Emits the event of a new goal in the transaction. @returns the id of the goal */
async function emitOne(tx: Tx): Promise<string> {
  const goal = goalToCreate()
  await commitWithin(tx).createGoal(goal)
  return goal.values.id
}

/** A `publish` that records its calls, and how many of the events another connection sees at the time of the call. */
function recordPublished(pool: pg.Pool) {
  const calls: (readonly CommittedEvent[])[] = []
  const visible: number[] = []
  const publish: Publish = async (events) => {
    calls.push([...events])
    const { rows } = await pool.query('select count(*)::int as count from events where id = any($1)', [
      events.map((event) => event.id),
    ])
    visible.push(rows[0].count)
  }
  return { publish, calls, visible }
}

const aggregatesOf = (calls: readonly (readonly CommittedEvent[])[]) =>
  calls.map((events) => events.map((event) => event.aggregateId))

test('a transaction publishes its events in one call after the commit', async ({ pool }) => {
  const { publish, calls, visible } = recordPublished(pool)
  const goalIds = await inTransaction(pool, publish, async (tx) => {
    const ids = [await emitOne(tx), await emitOne(tx)]
    expect(calls).toEqual([])
    return ids
  })
  expect(aggregatesOf(calls)).toEqual([goalIds])
  expect(visible).toEqual([2])
})

test('a transaction resolves after its events are published', async ({ pool }) => {
  const published = Promise.withResolvers<void>()
  const publish = vi.fn(() => published.promise)
  let isResolved = false
  const running = inTransaction(pool, publish, emitOne).then(() => {
    isResolved = true
  })
  await vi.waitUntil(() => publish.mock.calls.length > 0)
  await pool.query('select 1')
  expect(isResolved).toBe(false)
  published.resolve()
  await running
})

test('a transaction publishes only the events of its last attempt when earlier ones are rolled back', async ({
  pool,
}) => {
  const { publish, calls } = recordPublished(pool)
  const attempts: string[] = []
  await inTransaction(pool, publish, async (tx) => {
    attempts.push(await emitOne(tx))
    if (attempts.length < 3) await tx.query(`do $$ begin raise exception using errcode = '40001'; end $$`)
  })
  expect(attempts).toHaveLength(3)
  expect(aggregatesOf(calls)).toEqual([[attempts[2]]])
})

test('a transaction does not publish the events that a savepoint has undone', async ({ pool }) => {
  const { publish, calls, visible } = recordPublished(pool)
  const kept = await inTransaction(pool, publish, async (tx) => {
    const before = await emitOne(tx)
    await savepoint(tx, async (undo) => {
      await emitOne(tx)
      await undo()
    })
    const inSavepoint = await savepoint(tx, () => emitOne(tx))
    return [before, inSavepoint, await emitOne(tx)]
  })
  expect(aggregatesOf(calls)).toEqual([kept])
  expect(visible).toEqual([3])
})

test('a transaction publishes nothing when its work throws', async ({ pool }) => {
  const { publish, calls } = recordPublished(pool)
  const failing = inTransaction(pool, publish, async (tx) => {
    await emitOne(tx)
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(calls).toEqual([])
})

test('a transaction publishes nothing when its commit fails', async ({ pool }) => {
  const { publish, calls } = recordPublished(pool)
  await pool.query('create table deferred (n int, constraint deferred_unique unique (n) deferrable initially deferred)')
  const failing = inTransaction(pool, publish, async (tx) => {
    await emitOne(tx)
    await tx.query('insert into deferred values (1), (1)')
  })
  await expect(failing).rejects.toMatchObject({ code: '23505' })
  expect(calls).toEqual([])
})

test('a transaction does not publish when it emits no events', async ({ pool }) => {
  const { publish, calls } = recordPublished(pool)
  await inTransaction(pool, publish, (tx) => tx.query('select 1'))
  expect(calls).toEqual([])
})

test('a transaction publishes every event that it wrote when it changes several entities', async ({ pool }) => {
  const { publish, calls } = recordPublished(pool)
  const metadata = { actorId, cascadeId: randomUUID() }
  const goalIds = await inTransaction(pool, publish, async (tx) => {
    const [goalId, otherGoalId] = [await emitOne(tx), await emitOne(tx)]
    const blocker = newTask({ goalId, userId: actorId })
    await commitWithin(tx).createTask({ values: blocker, metadata: { types: ['task:created'], actorId } })
    await dropDependency(tx, await createDependent(tx, goalId, blocker.id))
    // Closing, reopening, deleting and restoring the goal unblocks and blocks this task.
    await createDependent(tx, otherGoalId, blocker.id)
    await closeTasksOfGoal(tx, goalId, await lockOpenTasks(tx, goalId), 'CANCELLED', metadata)
    await reopenTasksOfGoal(tx, goalId, metadata.cascadeId, metadata)
    await deleteGoalCascade(tx, goalId, metadata)
    await restoreGoalCascade(tx, goalId, metadata.cascadeId, metadata)
    return [goalId, otherGoalId]
  })
  const { rows } = await pool.query(
    `select id, reason from events
     where aggregate_id = any($1) or aggregate_id in (select id from tasks where goal_id = any($1)) order by position`,
    [goalIds],
  )
  expect(rows.filter(({ reason }) => /^(un)?blocked$/.test(reason))).toHaveLength(4)
  expect(calls.flat().map((event) => event.id)).toEqual(rows.map((row) => row.id))
})

/** Creates a task that is blocked by `blockerId`. */
async function createDependent(tx: Tx, goalId: string, blockerId: string): Promise<Task> {
  const state = { status: 'BLOCKED', blockKind: 'DEPENDENCY', blockedFrom: 'TODO' } as const
  const values = { ...newTask({ goalId, userId: actorId, dependencies: [blockerId] }), ...state }
  await createDependentTaskIn(tx, { values, metadata: { types: ['task:created'], actorId } })
  return taskEntity(values)
}

/** Removes all dependencies of a task at version 1. */
async function dropDependency(tx: Tx, task: Task): Promise<void> {
  const unblocked = { status: 'TODO', blockKind: null, blockedFrom: null } as const
  const change = { requireNoDependents: false, added: [], removed: task.dependencies }
  await updateTaskWithEdges(tx, {
    values: { ...task, ...unblocked, ...change, dependencies: [], version: 1 },
    metadata: { types: ['task:updated'], actorId },
  })
}

test('a commit publishes its events before it resolves', async ({ pool }) => {
  const published = Promise.withResolvers<void>()
  const { publish: record, calls, visible } = recordPublished(pool)
  const commit = createCommit(pool, async (events) => {
    await record(events)
    await published.promise
  })
  const goal = goalToCreate()
  let isResolved = false
  const running = commit.createGoal(goal).then((committed) => {
    isResolved = true
    return committed
  })
  await vi.waitUntil(() => visible.length > 0)
  await pool.query('select 1')
  expect(isResolved).toBe(false)
  published.resolve()
  expect(committedOf(await running).events).toEqual(calls[0])
  expect(aggregatesOf(calls)).toEqual([[goal.values.id]])
  expect(visible).toEqual([1])
})

test('a commit publishes nothing when no row matches', async ({ pool }) => {
  const { publish, calls } = recordPublished(pool)
  const { values } = goalToCreate()
  const change = { values: { ...values, status: 'ACTIVE', version: 1 }, metadata: { types: [], actorId } } as const
  expect(await createCommit(pool, publish).updateGoal(change)).toBeNull()
  expect(calls).toEqual([])
})
