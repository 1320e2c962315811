import { randomUUID } from 'node:crypto'
import { newGoal, newTask } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import { sqlState } from '../src/engine/sql-state.ts'
import { committedOf } from './support/committed-of.ts'
import { test as databaseTest } from './support/database-test.ts'

const test = databaseTest.extend('commit', { scope: 'file' }, ({ pool }) => createCommit(pool, () => undefined))

const ownerId = randomUUID()
const created = { types: ['goal:created'], actorId: ownerId } as const
const myGoal = (overrides: Parameters<typeof newGoal>[0] = {}) => newGoal({ userId: ownerId, ...overrides })

async function countRows(pool: pg.Pool) {
  const { rows } = await pool.query(
    `select (select count(*) from goals) as goals, (select count(*) from events) as events,
            (select count(*) from event_readers) as readers, (select count(*) from deliveries) as deliveries`,
  )
  return rows[0]
}

test('a change writes no event, no reader and no delivery when Postgres refuses its row', async ({ pool, commit }) => {
  const before = await countRows(pool)
  const refused = await commit.createGoal({ values: myGoal({ title: '' }), metadata: created }).catch((error) => error)
  expect(sqlState(refused)).toBe('23514')
  expect(await countRows(pool)).toEqual(before)
})

test('a change writes nothing when the row has another version, is deleted or belongs to another user', async ({
  pool,
  commit,
}) => {
  const goal = myGoal()
  await commit.createGoal({ values: goal, metadata: created })
  const before = await countRows(pool)
  const update = (values: object, actorId = ownerId) =>
    commit.updateGoal({
      values: { ...goal, status: 'ACTIVE', version: 1, ...values },
      metadata: { types: ['goal:updated'], actorId },
    })
  expect(await update({ version: 2 })).toBeNull()
  expect(await update({ id: randomUUID() })).toBeNull()
  expect(await update({}, randomUUID())).toBeNull()
  await pool.query('update goals set deleted_at = now() where id = $1', [goal.id])
  expect(await update({})).toBeNull()
  expect(await countRows(pool)).toEqual(before)
})

test('the returned text, the event and the row are equal to the byte', async ({ pool, commit }) => {
  const goal = myGoal({ title: 'Ünïcode "quoted" \\ 👩‍🚀', metadata: { z: 1, a: [null, 1.5] } })
  const committed = committedOf(await commit.createGoal({ values: goal, metadata: created }))
  const { rows } = await pool.query('select after::text as after from events where id = $1', [committed.events[0]?.id])
  expect(rows[0].after).toBe(committed?.text)
  expect(JSON.parse(committed.text)).toMatchObject(goal)
})

test('positions increase from the primary event to its milestones', async ({ pool, commit }) => {
  const goal = myGoal()
  await commit.createGoal({ values: goal, metadata: created })
  await commit.updateGoal({
    values: { ...goal, status: 'COMPLETED', version: 1 },
    metadata: { types: ['goal:updated', 'goal:completed'], actorId: ownerId },
  })
  const { rows } = await pool.query('select type, ordinal, xid from events where aggregate_id = $1 order by position', [
    goal.id,
  ])
  expect(rows.map((row) => `${row.ordinal} ${row.type}`)).toEqual([
    '0 goal:created',
    '0 goal:updated',
    '1 goal:completed',
  ])
  expect(rows[1].xid).toBe(rows[2].xid)
})

test('each of many concurrent creates returns its own events', async ({ commit }) => {
  const goals = Array.from({ length: 100 }, (_, i) => myGoal({ title: `Goal ${i}` }))
  const outcomes = await Promise.all(goals.map((values) => commit.createGoal({ values, metadata: created })))
  const committed = outcomes.map(committedOf)
  committed.forEach((one, i) => {
    expect(JSON.parse(one.text).title).toBe(`Goal ${i}`)
    expect(one.events).toEqual([
      {
        ...{ id: expect.any(String), type: 'goal:created', aggregateId: goals[i]?.id, version: 1 },
        ...{ readers: [goals[i]?.userId], goalIds: null, withoutReceiver: [], targets: null },
      },
    ])
  })
  expect(new Set(committed.flatMap((one) => one.events.map((event) => event.id))).size).toBe(100)
})

test('concurrent creates share commits, and each has its own events, readers and deliveries', async ({
  pool,
  commit,
}) => {
  const goals = Array.from({ length: 200 }, () => myGoal())
  await Promise.all(goals.map((values) => commit.createGoal({ values, metadata: created })))
  const { rows } = await pool.query(
    `select count(distinct xid::text)::int as commits, count(*)::int as events,
            sum((select count(*) from event_readers where event_id = e.id))::int as readers,
            sum((select count(*) from deliveries where event_id = e.id))::int as deliveries
     from events e where aggregate_id = any($1)`,
    [goals.map((goal) => goal.id)],
  )
  expect(rows[0]).toMatchObject({ events: 200, readers: 200, deliveries: 600 })
  expect(rows[0].commits).toBeLessThan(20)
})

test('only the create with an invalid row fails when it shares a statement with others', async ({ pool, commit }) => {
  const goals = Array.from({ length: 30 }, (_, i) => myGoal(i === 17 ? { title: '' } : {}))
  const outcomes = await Promise.allSettled(goals.map((values) => commit.createGoal({ values, metadata: created })))
  expect(outcomes.flatMap((outcome, i) => (outcome.status === 'rejected' ? [i] : []))).toEqual([17])
  const { rows } = await pool.query('select count(*)::int as n from goals where id = any($1)', [
    goals.map((goal) => goal.id),
  ])
  expect(rows[0].n).toBe(29)
})

test('each task of a shared statement has its own actor and its own events', async ({ commit }) => {
  const goal = myGoal()
  await commit.createGoal({ values: goal, metadata: created })
  const stranger = randomUUID()
  const values = () => newTask({ goalId: goal.id, userId: ownerId, assignedTo: stranger })
  const metadata = { types: ['task:created', 'task:assigned'] as const, actorId: ownerId }
  const [own, foreign, plain] = await Promise.all([
    commit.createTask({ values: values(), metadata }),
    commit.createTask({ values: values(), metadata: { ...metadata, actorId: stranger } }),
    commit.createTask({ values: values(), metadata: { types: ['task:created'], actorId: ownerId } }),
  ])
  expect(committedOf(own).events.map((event) => event.type)).toEqual(['task:created', 'task:assigned'])
  expect(foreign).toBeNull()
  expect(committedOf(plain).events.map((event) => event.type)).toEqual(['task:created'])
})
