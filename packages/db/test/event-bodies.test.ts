import { newGoal, newTask } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import { loadDeadLetter, replayDeadLetters } from '../src/delivery/dead-letters.ts'
import { claimEvents, loadUnfinishedEvents } from '../src/delivery/deliveries.ts'
import { moveToDeadLetters } from '../src/delivery/failures.ts'
import { migrate } from '../src/engine/migrations.ts'
import { sqlState } from '../src/engine/sql-state.ts'
import { emptyTables } from './support/committed-goal.ts'
import { committedOf } from './support/committed-of.ts'
import { test as databaseTest, openDatabase } from './support/database-test.ts'

const test = databaseTest.extend(
  'completeGoal',
  { scope: 'file' },
  ({ pool }) =>
    () =>
      completeGoal(pool),
)

test.beforeEach(async ({ pool }) => void (await emptyTables(pool)))

/** Creates and completes a goal. @returns the state before, the state after, and the ids of the completion's events */
async function completeGoal(pool: pg.Pool) {
  const commit = createCommit(pool, () => undefined)
  const goal = newGoal()
  const actorId = goal.userId
  const created = committedOf(await commit.createGoal({ values: goal, metadata: { types: ['goal:created'], actorId } }))
  const completed = committedOf(
    await commit.updateGoal({
      values: { ...goal, status: 'COMPLETED', version: 1 },
      metadata: { types: ['goal:updated', 'goal:completed'], actorId },
    }),
  )
  const [primaryId = '', milestoneId = ''] = completed.events.map((event) => event.id)
  return { before: JSON.parse(created.text), after: JSON.parse(completed.text), primaryId, milestoneId }
}

/** Returns whether the event stores its bodies. */
async function storesBodies(pool: pg.Pool, id: string): Promise<boolean> {
  const { rows } = await pool.query(
    'select before is not null and after is not null as stores from events where id = $1',
    [id],
  )
  return rows[0].stores
}

test('a milestone stores no bodies and has those of its primary event at every consumer', async ({
  pool,
  completeGoal,
}) => {
  const { before, after, primaryId, milestoneId } = await completeGoal()
  expect([await storesBodies(pool, primaryId), await storesBodies(pool, milestoneId)]).toEqual([true, false])
  const ids = [primaryId, milestoneId]
  expect(await loadUnfinishedEvents(pool, 'sync', ids)).toMatchObject([
    { type: 'goal:updated', ordinal: 0, before, after },
    { type: 'goal:completed', ordinal: 1, before, after },
  ])
  expect(await claimEvents(pool, 'notifications', ids)).toMatchObject([{ id: milestoneId, before, after }])
})

/** Returns the members of the state before that the event stores. */
async function storedBefore(pool: pg.Pool, id: string): Promise<string[]> {
  const { rows } = await pool.query('select before from events where id = $1', [id])
  return Object.keys(rows[0].before)
}

test('an update stores the changed members of the state before', async ({ pool, completeGoal }) => {
  const { before, primaryId } = await completeGoal()
  expect(await storedBefore(pool, primaryId)).toEqual(['status', 'updatedAt', 'completedAt', 'version'])
  const { rows } = await pool.query('select before from events where id = $1', [primaryId])
  expect(before).toMatchObject(rows[0].before)
})

test('a milestone of a new task has the body of the creation and no state before', async ({ pool }) => {
  const commit = createCommit(pool, () => undefined)
  const goal = newGoal()
  const actorId = goal.userId
  await commit.createGoal({ values: goal, metadata: { types: ['goal:created'], actorId } })
  const created = await commit.createTask({
    values: newTask({ goalId: goal.id, userId: actorId, assignedTo: actorId }),
    metadata: { types: ['task:created', 'task:assigned'], actorId },
  })
  const { events, text } = committedOf(created)
  const ids = events.map((event) => event.id)
  expect(await claimEvents(pool, 'notifications', ids)).toMatchObject([
    { type: 'task:assigned', before: null, after: JSON.parse(text) },
  ])
})

test('an event stores its whole bodies until the migration at the end of the deploy', async () => {
  const { url, pool, close } = await openDatabase({ poolSize: 4 })
  await pool.query('drop schema public cascade; create schema public; drop schema drizzle cascade')
  await migrate(url, { upTo: '0010_receivers' })
  await migrate(url, { duringDeploy: true })
  const during = await completeGoal(pool)
  expect(await storesBodies(pool, during.milestoneId)).toBe(true)
  expect(await storedBefore(pool, during.primaryId)).toEqual(Object.keys(during.before))
  await migrate(url)
  const later = await completeGoal(pool)
  expect(await storesBodies(pool, later.milestoneId)).toBe(false)
  const claimed = await claimEvents(pool, 'notifications', [during.milestoneId, later.milestoneId])
  expect(claimed.map(({ before, after }) => ({ before, after }))).toEqual(
    [during, later].map(({ before, after }) => ({ before, after })),
  )
  await close()
})

test('a replayed milestone has its bodies when its primary event was dropped', async ({ pool, completeGoal }) => {
  const { before, after, primaryId, milestoneId } = await completeGoal()
  const id = await moveToDeadLetters(pool, { consumer: 'sync', eventId: milestoneId, error: 'it broke' })
  expect((await loadDeadLetter(pool, id ?? ''))?.event).toMatchObject({ id: milestoneId, before, after })
  await pool.query('delete from events where id = $1', [primaryId])
  await replayDeadLetters(pool, { ids: [id ?? ''] }, 1)
  expect(await claimEvents(pool, 'sync', [milestoneId])).toMatchObject([{ id: milestoneId, before, after }])
})

test('Postgres refuses a primary event without a body', async ({ pool }) => {
  const refused = await pool
    .query(
      `insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id)
       values ('goal:created', 'goal', uuidv7(), 1, 0, uuidv7())`,
    )
    .catch((error: unknown) => error)
  expect(sqlState(refused)).toBe('23514')
})
