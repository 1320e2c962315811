import { newGoal } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { createCommit } from '../src/changes/commit.ts'
import { loadReceiver, recordReceiver } from '../src/delivery/receivers.ts'
import { emptyTables } from './support/committed-goal.ts'
import { committedOf } from './support/committed-of.ts'
import { test } from './support/database-test.ts'
import { untilLockWait } from './support/lock-waits.ts'

test.beforeEach(async ({ pool }) => void (await emptyTables(pool)))

/** Commits a goal and its completion in one version. @returns its events, and the consumers of their deliveries */
async function commitCompletion(pool: pg.Pool) {
  const values = newGoal()
  const types = ['goal:created', 'goal:completed'] as const
  const metadata = { types, actorId: values.userId }
  const committed = committedOf(await createCommit(pool, () => undefined).createGoal({ values, metadata }))
  const { rows } = await pool.query('select distinct consumer from deliveries order by consumer')
  return { events: committed.events, consumers: rows.map((row) => row.consumer) }
}

const others = ['audit-log', 'cache-invalidation', 'notifications']

test('events get a delivery to sync when no worker has recorded yet that it has no receiver', async ({ pool }) => {
  const { events, consumers } = await commitCompletion(pool)
  expect(consumers).toEqual([...others, 'sync'])
  expect(events.map((event) => event.withoutReceiver)).toEqual([[], []])
})

test('events get no delivery to sync while it has no receiver, and say so', async ({ pool }) => {
  expect(await recordReceiver(pool, 'sync', false)).toBe(true)
  const { events, consumers } = await commitCompletion(pool)
  expect(consumers).toEqual(others)
  expect(events.map((event) => event.withoutReceiver)).toEqual(Array(2).fill(['sync']))
  expect(await recordReceiver(pool, 'sync', true)).toBe(true)
  expect((await commitCompletion(pool)).consumers).toEqual([...others, 'sync'])
})

test('a restart changes nothing when its receiver is recorded already', async ({ pool }) => {
  await recordReceiver(pool, 'sync', true)
  const before = await loadReceiver(pool, 'sync')
  expect(await recordReceiver(pool, 'sync', true)).toBe(false)
  expect(await loadReceiver(pool, 'sync')).toEqual(before)
})

test('a receiver counts from the last change of its state', async ({ pool }) => {
  await recordReceiver(pool, 'sync', true)
  await pool.query(`update receivers set since = '2020-01-01T00:00:00Z'`)
  await recordReceiver(pool, 'sync', false)
  const { isPresent, since = '' } = (await loadReceiver(pool, 'sync')) ?? {}
  expect(isPresent).toBe(false)
  expect(Date.parse(since)).toBeGreaterThan(Date.parse('2020-01-01T00:00:00Z'))
})

test('only one of two workers reports the change when they record it at the same time', async ({
  pool,
  transaction,
}) => {
  await recordReceiver(pool, 'sync', true)
  const second = await transaction(async (tx) => {
    expect(await recordReceiver(tx, 'sync', false)).toBe(true)
    const recording = recordReceiver(pool, 'sync', false)
    await untilLockWait(pool)
    return { recording }
  })
  expect(await second.recording).toBe(false)
})

test('a restart needs no writable Postgres when its receiver is recorded already', async ({ pool, transaction }) => {
  await recordReceiver(pool, 'sync', true)
  const record = async (isPresent: boolean) =>
    transaction(async (tx) => {
      await tx.query('set transaction read only')
      return recordReceiver(tx, 'sync', isPresent)
    })
  expect(await record(true)).toBe(false)
  await expect(record(false)).rejects.toMatchObject({ code: '25006' })
})
