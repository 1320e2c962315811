import { randomUUID } from 'node:crypto'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDatabase } from './client.ts'
import { createCommit } from './commit.ts'
import { sqlState } from './transaction.ts'

let database: ReturnType<typeof createDatabase>
beforeAll(async () => {
  database = createDatabase({ ...(await freshDatabase()), poolSize: 8, name: 'test', onError: () => undefined })
})
afterAll(() => database.close())

const me = randomUUID()
const by = { id: me, admin: false }
const rest = {
  description: null,
  priority: 'MEDIUM' as const,
  targetDate: null,
  category: null,
  tags: [],
  metadata: {},
}
const newGoal = (fields: object = {}) => ({ id: randomUUID(), userId: me, title: 'A goal', ...rest, ...fields })
const counts = async () =>
  (
    await database.pool.query(
      'select (select count(*) from goals) as goals, (select count(*) from events) as events, (select count(*) from event_readers) as readers, (select count(*) from deliveries) as deliveries',
    )
  ).rows[0]

test('a refused row leaves no event, no reader and no delivery', async () => {
  const commit = createCommit(database.pool)
  const before = await counts()
  const refused = await commit
    .createGoal({ by, values: newGoal({ title: '' }), announcement: { types: ['goal:created'], actorId: me } })
    .catch((error) => error)
  expect(sqlState(refused)).toBe('23514')
  expect(await counts()).toEqual(before)
})

test('a change of another version, of a deleted row or of another owner is none', async () => {
  const commit = createCommit(database.pool)
  const goal = newGoal()
  await commit.createGoal({ by, values: goal, announcement: { types: ['goal:created'], actorId: me } })
  const before = await counts()
  const update = (values: object, principal = by) =>
    commit.updateGoal({
      by: principal,
      values: { ...goal, status: 'ACTIVE', completedAt: null, version: 1, ...values },
      announcement: { types: ['goal:updated'], actorId: me },
    })
  expect(await update({ version: 2 })).toBeNull()
  expect(await update({ id: randomUUID() })).toBeNull()
  expect(await update({}, { id: randomUUID(), admin: false })).toBeNull()
  await database.pool.query('update goals set deleted_at = now() where id = $1', [goal.id])
  expect(await update({})).toBeNull()
  expect(await counts()).toEqual(before)
})

test('the answer, the event and the row agree to the byte', async () => {
  const commit = createCommit(database.pool)
  const goal = newGoal({ title: 'Ünïcode "quoted" \\ 👩‍🚀', metadata: { z: 1, a: [null, 1.5] } })
  const committed = await commit.createGoal({
    by,
    values: goal,
    announcement: { types: ['goal:created'], actorId: me },
  })
  const { rows } = await database.pool.query('select after::text as after from events where id = $1', [
    committed?.events[0]?.id,
  ])
  expect(rows[0].after).toBe(committed?.text)
  expect(JSON.parse(committed?.text ?? '')).toMatchObject(goal)
})

test('concurrent creates keep their own events', async () => {
  const commit = createCommit(database.pool)
  const goals = Array.from({ length: 100 }, (_, i) => newGoal({ title: `Goal ${i}` }))
  const committed = await Promise.all(
    goals.map((values) => commit.createGoal({ by, values, announcement: { types: ['goal:created'], actorId: me } })),
  )
  committed.forEach((answer, i) => {
    expect(JSON.parse(answer?.text ?? '').title).toBe(`Goal ${i}`)
    expect(answer?.events).toEqual([{ id: expect.any(String), type: 'goal:created', aggregateId: goals[i]?.id }])
  })
  expect(new Set(committed.flatMap((answer) => answer?.events.map((event) => event.id))).size).toBe(100)
})

test('positions rise in the order of the primary event and its milestones', async () => {
  const commit = createCommit(database.pool)
  const goal = newGoal()
  await commit.createGoal({ by, values: goal, announcement: { types: ['goal:created'], actorId: me } })
  await commit.updateGoal({
    by,
    values: { ...goal, status: 'COMPLETED', completedAt: new Date().toISOString(), version: 1 },
    announcement: { types: ['goal:updated', 'goal:completed'], actorId: me },
  })
  const { rows } = await database.pool.query(
    'select type, ordinal, xid from events where aggregate_id = $1 order by position',
    [goal.id],
  )
  expect(rows.map((row) => `${row.ordinal} ${row.type}`)).toEqual([
    '0 goal:created',
    '0 goal:updated',
    '1 goal:completed',
  ])
  expect(rows[1].xid).toBe(rows[2].xid)
})
