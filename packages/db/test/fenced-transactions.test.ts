import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { createFencedTransactions, type FenceKeys } from '../src/engine/fenced-transactions.ts'
import { test as databaseTest } from './support/database-test.ts'

/** A test with a pool of eight connections. `start` starts transactions, which run until `end` is called. */
const test = databaseTest.extend('works', ({ pool }, { onCleanup }) => {
  const inFence = createFencedTransactions(pool, () => undefined)
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  onCleanup(end)
  let running = 0
  const start = (keys: readonly FenceKeys[]) =>
    Promise.all(
      keys.map((key) =>
        inFence(key, async (tx) => {
          await tx.query('select 1')
          running++
          await ended
        }),
      ),
    )
  return { start, end, running: () => running }
})

const users = (count: number) => Array.from({ length: count }, () => ({ actorId: randomUUID() }))

test.for([
  ['one user', 2, Array(4).fill({ actorId: randomUUID() })],
  ['many users on one goal', 2, users(4).map((user) => ({ ...user, goalId: 'one' }))],
  ['one user on many goals', 2, ['1', '2', '3'].map((goalId) => ({ actorId: 'ada', goalId }))],
  ['many users', 6, users(8)],
] as const)('the transactions of %s take %i of eight connections', async ([, most, keys], { pool, works }) => {
  const all = works.start(keys)
  await until(() => works.running() === most)
  // Another transaction would have begun before this query returns, because it came first.
  await pool.query('select 1')
  await pool.query('select 1')
  expect(works.running()).toBe(most)
  works.end()
  await all
  expect(works.running()).toBe(keys.length)
})
