import { randomUUID } from 'node:crypto'
import { newGoal, newTask, taskEntity } from '@goals-tasks/events/testing'
import { expect } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import { committedOf } from './support/committed-of.ts'
import { test as base } from './support/database-test.ts'

const ownerId = randomUUID()

/** Changes a new task that is assigned. Returns the types of the events with a delivery to `notifications`. */
const test = base.extend('typesNotifiedOf', ({ pool }) => {
  const commit = createCommit(pool, () => undefined)
  return async (change: object, extra: 'task:completed'[] = []) => {
    const goal = newGoal({ userId: ownerId })
    await commit.createGoal({ values: goal, metadata: { types: ['goal:created'], actorId: ownerId } })
    const values = newTask({ goalId: goal.id, userId: ownerId, assignedTo: randomUUID() })
    await commit.createTask({ values, metadata: { types: ['task:created'], actorId: ownerId } })
    const task = { ...taskEntity({ ...values, dependencies: [] }), version: 1, requireNoDependents: false, ...change }
    const metadata = { types: ['task:updated', ...extra] as const, actorId: ownerId }
    const { events } = committedOf(await commit.updateTask({ values: task, metadata }))
    const { rows } = await pool.query(
      `select type from deliveries join events on id = event_id
       where consumer = 'notifications' and aggregate_id = $1 order by ordinal`,
      [task.id],
    )
    const types = rows.map(({ type }) => type)
    // A job for an event without a delivery would find no work.
    expect(events.filter((event) => !event.withoutReceiver?.includes('notifications')).map(({ type }) => type)).toEqual(
      types,
    )
    return types
  }
})

test('an update is delivered to notifications when it ends an assignment or begins a block', async ({
  typesNotifiedOf,
}) => {
  expect(await typesNotifiedOf({ assignedTo: null })).toEqual(['task:updated'])
  expect(await typesNotifiedOf({ assignedTo: randomUUID() })).toEqual(['task:updated'])
  const block = { status: 'BLOCKED', blockKind: 'MANUAL', blockedFrom: 'TODO' }
  expect(await typesNotifiedOf(block)).toEqual(['task:updated'])
})

test('an update is not delivered to notifications when it concerns no other user, but its milestones are', async ({
  typesNotifiedOf,
}) => {
  expect(await typesNotifiedOf({ title: 'another' })).toEqual([])
  expect(await typesNotifiedOf({ status: 'IN_PROGRESS' })).toEqual([])
  expect(await typesNotifiedOf({ status: 'COMPLETED' }, ['task:completed'])).toEqual(['task:completed'])
})
