import { randomUUID } from 'node:crypto'
import { freshDatabase, until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import { createDatabase } from '../src/engine/client.ts'
import { sqlState } from '../src/engine/transaction.ts'

let database: ReturnType<typeof createDatabase>
beforeAll(async () => {
  database = createDatabase({ ...(await freshDatabase()), poolSize: 8, name: 'test', onError: () => undefined })
})
afterAll(() => database.close())

const me = randomUUID()
const rest = {
  description: null,
  priority: 'MEDIUM' as const,
  targetDate: null,
  category: null,
  tags: [],
  metadata: {},
}
const newGoal = (fields: object = {}) => ({ id: randomUUID(), userId: me, title: 'A goal', ...rest, ...fields })
const newTask = (goalId: string) => ({
  ...{
    id: randomUUID(),
    goalId,
    userId: me,
    assignedTo: null,
    title: 'A task',
    description: null,
    priority: 'MEDIUM' as const,
  },
  ...{ dueDate: null, dueAt: null, dueZone: null, estimatedHours: null, actualHours: null, tags: [], metadata: {} },
})
const counts = async () =>
  (
    await database.pool.query(
      'select (select count(*) from goals) as goals, (select count(*) from events) as events, (select count(*) from event_readers) as readers, (select count(*) from deliveries) as deliveries',
    )
  ).rows[0]

test('a refused row leaves no event, no reader and no delivery', async () => {
  const commit = createCommit(database.pool, () => undefined)
  const before = await counts()
  const refused = await commit
    .createGoal({ values: newGoal({ title: '' }), metadata: { types: ['goal:created'], actorId: me } })
    .catch((error) => error)
  expect(sqlState(refused)).toBe('23514')
  expect(await counts()).toEqual(before)
})

test('a change of another version, of a deleted row or of another owner is none', async () => {
  const commit = createCommit(database.pool, () => undefined)
  const goal = newGoal()
  await commit.createGoal({ values: goal, metadata: { types: ['goal:created'], actorId: me } })
  const before = await counts()
  const update = (values: object, actorId = me) =>
    commit.updateGoal({
      values: { ...goal, status: 'ACTIVE', version: 1, ...values },
      metadata: { types: ['goal:updated'], actorId },
    })
  expect(await update({ version: 2 })).toBeNull()
  expect(await update({ id: randomUUID() })).toBeNull()
  expect(await update({}, randomUUID())).toBeNull()
  await database.pool.query('update goals set deleted_at = now() where id = $1', [goal.id])
  expect(await update({})).toBeNull()
  expect(await counts()).toEqual(before)
})

test('the answer, the event and the row agree to the byte', async () => {
  const commit = createCommit(database.pool, () => undefined)
  const goal = newGoal({ title: 'Ünïcode "quoted" \\ 👩‍🚀', metadata: { z: 1, a: [null, 1.5] } })
  const committed = await commit.createGoal({
    values: goal,
    metadata: { types: ['goal:created'], actorId: me },
  })
  const { rows } = await database.pool.query('select after::text as after from events where id = $1', [
    committed?.events[0]?.id,
  ])
  expect(rows[0].after).toBe(committed?.text)
  expect(JSON.parse(committed?.text ?? '')).toMatchObject(goal)
})

test('concurrent creates keep their own events', async () => {
  const commit = createCommit(database.pool, () => undefined)
  const goals = Array.from({ length: 100 }, (_, i) => newGoal({ title: `Goal ${i}` }))
  const committed = await Promise.all(
    goals.map((values) => commit.createGoal({ values, metadata: { types: ['goal:created'], actorId: me } })),
  )
  committed.forEach((answer, i) => {
    expect(JSON.parse(answer?.text ?? '').title).toBe(`Goal ${i}`)
    expect(answer?.events).toEqual([
      {
        ...{ id: expect.any(String), type: 'goal:created', aggregateId: goals[i]?.id, version: 1 },
        ...{ readers: [goals[i]?.userId], goalIds: null },
      },
    ])
  })
  expect(new Set(committed.flatMap((answer) => answer?.events.map((event) => event.id))).size).toBe(100)
})

test('positions rise in the order of the primary event and its milestones', async () => {
  const commit = createCommit(database.pool, () => undefined)
  const goal = newGoal()
  await commit.createGoal({ values: goal, metadata: { types: ['goal:created'], actorId: me } })
  await commit.updateGoal({
    values: { ...goal, status: 'COMPLETED', version: 1 },
    metadata: { types: ['goal:updated', 'goal:completed'], actorId: me },
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

test('concurrent creates share a commit; each still has its own events, readers and deliveries', async () => {
  const commit = createCommit(database.pool, () => undefined)
  const goals = Array.from({ length: 200 }, () => newGoal())
  await Promise.all(
    goals.map((values) => commit.createGoal({ values, metadata: { types: ['goal:created'], actorId: me } })),
  )
  const { rows } = await database.pool.query(
    `select count(distinct xid::text)::int as commits, count(*)::int as events,
            sum((select count(*) from event_readers where event_id = e.id))::int as readers,
            sum((select count(*) from deliveries where event_id = e.id))::int as deliveries
     from events e where aggregate_id = any($1)`,
    [goals.map((goal) => goal.id)],
  )
  expect(rows[0]).toMatchObject({ events: 200, readers: 200, deliveries: 600 })
  expect(rows[0].commits).toBeLessThan(20)
})

test('one bad row among many fails its caller alone', async () => {
  const commit = createCommit(database.pool, () => undefined)
  const goals = Array.from({ length: 30 }, (_, i) => newGoal(i === 17 ? { title: '' } : {}))
  const outcomes = await Promise.allSettled(
    goals.map((values) => commit.createGoal({ values, metadata: { types: ['goal:created'], actorId: me } })),
  )
  expect(outcomes.flatMap((outcome, i) => (outcome.status === 'rejected' ? [i] : []))).toEqual([17])
  const { rows } = await database.pool.query('select count(*)::int as n from goals where id = any($1)', [
    goals.map((goal) => goal.id),
  ])
  expect(rows[0].n).toBe(29)
})

test('a task whose goal is locked waits alone: tasks of other goals go by', async () => {
  const commit = createCommit(database.pool, () => undefined)
  const [locked, free] = [newGoal(), newGoal()]
  for (const values of [locked, free])
    await commit.createGoal({ values, metadata: { types: ['goal:created'], actorId: me } })
  const create = (goalId: string) =>
    commit.createTask({ values: newTask(goalId), metadata: { types: ['task:created'], actorId: me } })
  const holder = await database.pool.connect()
  try {
    await holder.query('begin')
    await holder.query('select from goals where id = $1 for update', [locked.id])
    let passed = false
    const waiting = Array.from({ length: 4 }, () =>
      create(locked.id).finally(() => {
        passed = true
      }),
    )
    const others = await Promise.all(Array.from({ length: 20 }, () => create(free.id)))
    expect(others.every((task) => task !== null)).toBe(true)
    expect(passed).toBe(false)
    await holder.query('commit')
    expect((await Promise.all(waiting)).every((task) => task !== null)).toBe(true)
  } finally {
    holder.release()
  }
})

test('creates into a locked goal leave connections to everyone else', async () => {
  const small = createDatabase({ ...(await freshDatabase()), poolSize: 4, name: 'test', onError: () => undefined })
  const commit = createCommit(small.pool, () => undefined)
  const [locked, free] = [newGoal(), newGoal()]
  const create = (goalId: string) =>
    commit.createTask({ values: newTask(goalId), metadata: { types: ['task:created'], actorId: me } })
  for (const values of [locked, free])
    await commit.createGoal({ values, metadata: { types: ['goal:created'], actorId: me } })
  const holder = new pg.Client(small.pool.options)
  await holder.connect()
  try {
    await holder.query('begin')
    await holder.query('select from goals where id = $1 for update', [locked.id])
    const waiting = Array.from({ length: 20 }, () => create(locked.id))
    // Asked through the same pool, which has a connection left for it.
    const waiters = async () =>
      (
        await small.pool.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        )
      ).rowCount
    await until(async () => (await waiters()) === 3)
    // One more of the locked goal fails the statement that they share.
    waiting.push(create(locked.id))
    const elsewhere = await Promise.all([create(free.id), create(free.id)])
    expect(elsewhere.every((task) => task !== null)).toBe(true)
    expect(await waiters()).toBe(3)
    await holder.query('commit')
    expect((await Promise.all(waiting)).every((task) => task !== null)).toBe(true)
  } finally {
    await holder.end()
    await small.close()
  }
})

test('tasks of one statement know each their own refusal', async () => {
  const commit = createCommit(database.pool, () => undefined)
  const mine = newGoal()
  await commit.createGoal({ values: mine, metadata: { types: ['goal:created'], actorId: me } })
  const stranger = randomUUID()
  const values = () => ({
    ...{
      id: randomUUID(),
      goalId: mine.id,
      userId: me,
      assignedTo: stranger,
      title: 'A task',
      description: null,
      priority: 'MEDIUM' as const,
    },
    ...{ dueDate: null, dueAt: null, dueZone: null, estimatedHours: null, actualHours: null, tags: [], metadata: {} },
  })
  const metadata = { types: ['task:created', 'task:assigned'] as const, actorId: me }
  const [own, foreign, plain] = await Promise.all([
    commit.createTask({ values: values(), metadata }),
    commit.createTask({ values: values(), metadata: { ...metadata, actorId: stranger } }),
    commit.createTask({ values: values(), metadata: { types: ['task:created'], actorId: me } }),
  ])
  expect(own?.events.map((event) => event.type)).toEqual(['task:created', 'task:assigned'])
  expect(foreign).toBeNull()
  expect(plain?.events.map((event) => event.type)).toEqual(['task:created'])
})
