import { randomUUID } from 'node:crypto'
import type { CommittedEvent, EventType } from '@goals-tasks/events'
import { newGoal } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { deleteGoalCascade } from '../src/changes/cascade.ts'
import { createCommit } from '../src/changes/commit.ts'
import { inTransaction } from '../src/engine/transaction.ts'
import { emptyTables } from './support/committed-goal.ts'
import { committedOf } from './support/committed-of.ts'
import { test } from './support/database-test.ts'
import { insertWebhook } from './support/webhooks.ts'

test.beforeEach(async ({ pool }) => {
  await emptyTables(pool)
  await pool.query('delete from webhooks')
})

async function commitGoalOf(pool: pg.Pool, userId: string, ...extra: EventType[]) {
  const metadata = { types: ['goal:created', ...extra] as EventType[], actorId: userId }
  return committedOf(await createCommit(pool, () => undefined).createGoal({ values: newGoal({ userId }), metadata }))
    .events
}

/** The type of each event with the target of each of its deliveries to webhooks. */
async function targetRows(pool: pg.Pool) {
  const { rows } = await pool.query<{ row: string }>(
    `select e.type || ' ' || d.target as row from deliveries d join events e on e.id = d.event_id
     where consumer = 'sync' and target <> '' order by e.ordinal, d.target`,
  )
  return rows.map(({ row }) => row)
}

const targetsOf = (events: readonly CommittedEvent[]) => events.map(({ type, targets }) => [type, targets])

test('each enabled webhook of a reader gets a delivery of its own', async ({ pool }) => {
  const ownerId = randomUUID()
  const [first, second] = [await insertWebhook(pool, { ownerId }), await insertWebhook(pool, { ownerId })].toSorted()
  await insertWebhook(pool, { ownerId, isEnabled: false })
  await insertWebhook(pool, {})
  const events = await commitGoalOf(pool, ownerId)
  expect(await targetRows(pool)).toEqual([`goal:created ${first}`, `goal:created ${second}`])
  expect(events[0]?.targets?.toSorted()).toEqual([first, second])
})

test('a webhook gets the types that it names', async ({ pool }) => {
  const ownerId = randomUUID()
  const all = await insertWebhook(pool, { ownerId })
  const completions = await insertWebhook(pool, { ownerId, types: ['goal:completed'] })
  const events = await commitGoalOf(pool, ownerId, 'goal:completed')
  expect(await targetRows(pool)).toEqual([
    `goal:created ${all}`,
    ...[all, completions].toSorted().map((id) => `goal:completed ${id}`),
  ])
  expect(targetsOf(events)).toEqual([
    ['goal:created', [all]],
    ['goal:completed', expect.arrayContaining([all, completions])],
  ])
})

test('an event has no targets when no reader has a webhook', async ({ pool }) => {
  await insertWebhook(pool, { ownerId: null })
  expect(targetsOf(await commitGoalOf(pool, randomUUID()))).toEqual([['goal:created', null]])
  await insertWebhook(pool, {})
  expect(targetsOf(await commitGoalOf(pool, randomUUID()))).toEqual([['goal:created', null]])
  expect(await targetRows(pool)).toEqual([])
})

test('each event of a cascade has its target', async ({ pool }) => {
  const owner = randomUUID()
  const target = await insertWebhook(pool, { ownerId: owner })
  const { rows } = await pool.query(`insert into goals (user_id, title) values ($1, 'A goal') returning id`, [owner])
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title) select $1, $2, $2, 'x' from generate_series(1, 300)`,
    [rows[0].id, owner],
  )
  const events = await inTransaction(
    pool,
    () => undefined,
    async (tx) => {
      await deleteGoalCascade(tx, rows[0].id, { actorId: owner, cascadeId: randomUUID() })
      return tx.events
    },
  )
  expect(events).toHaveLength(301)
  expect(events.every(({ targets }) => targets?.[0] === target)).toBe(true)
  expect(await targetRows(pool)).toHaveLength(301)
})
