import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { loadPauses, setPause } from '../src/delivery/consumer-pauses.ts'
import { groupDeadLetters } from '../src/delivery/dead-letter-groups.ts'
import { discardDeadLetters } from '../src/delivery/dead-letters.ts'
import { returnLeases } from '../src/delivery/leases.ts'
import { createDatabase } from '../src/engine/client.ts'
import { prepareLookup } from '../src/engine/lookup.ts'
import type { AnsweredQuery } from '../src/engine/observe-queries.ts'
import { executeOnce, prepareStatement } from '../src/engine/statement.ts'
import { inTransaction } from '../src/engine/transaction.ts'
import { loadRunningProcesses, processRecord } from '../src/processes/processes.ts'
import { test as base } from './support/database-test.ts'

/** A pool of one connection, and the queries that its observer saw. */
const test = base.extend('observed', async ({ pool }, { onCleanup }) => {
  const queries: AnsweredQuery[] = []
  const observer = { watchPool: () => undefined, onQuery: (query: AnsweredQuery) => void queries.push(query) }
  const url = String(pool.options.connectionString)
  const database = createDatabase({ url, poolSize: 1, name: 'test', onError: () => undefined, observer })
  onCleanup(database.close)
  return { pool: database.pool, queries, names: () => queries.map(({ statement }) => statement) }
})

const one = sql`select 1 as one`
const prepared = prepareStatement<{ one: number }>('observed_list_a1b2', one, 'observed_list')
const lookup = prepareLookup('observed_lookup', sql`select 1 as one where ${sql.placeholder('id')}::uuid is not null`)

test('an observer sees each query by its label, alone and in a transaction', async ({ observed }) => {
  const { pool, names } = observed
  expect(await prepared(pool, {})).toEqual([{ one: 1 }])
  await executeOnce(pool, one, 'observed_once')
  await executeOnce(pool, one)
  await inTransaction(
    pool,
    () => undefined,
    async (tx) => void (await prepared(tx, {})),
  )
  expect(names()).toEqual(['observed_list', 'observed_once', 'unnamed', 'begin', 'observed_list', 'commit'])
})

test('an observer sees each of the queries about processes, pauses, leases and dead letters by its name', async ({
  observed,
}) => {
  const { pool, names } = observed
  const identity = { id: randomUUID(), version: '1.2.3', host: 'a-host', pid: 7, startedAtMs: 0 }
  const record = processRecord(pool, { role: 'worker', consumers: ['sync'], poolSize: 1 })
  await record.beat(identity)
  await record.end(identity)
  await loadRunningProcesses(pool)
  await setPause(pool, { consumer: 'sync', isPaused: true, actor: 'ada', reason: 'the receiver moves' })
  await loadPauses(pool, ['sync'])
  await returnLeases(pool, 'sync', [])
  await groupDeadLetters(pool, {})
  await discardDeadLetters(pool, {}, 1)
  expect(names()).toEqual([
    ...['process_beat', 'process_remove', 'processes_load', 'pause_set', 'pauses_load'],
    ...['deliveries_return_lease', 'dead_letters_group', 'dead_letters_discard'],
  ])
})

test('an observer sees a query that failed, and the caller gets its error', async ({ observed }) => {
  const { pool, names } = observed
  await expect(executeOnce(pool, sql`select 1 / 0`, 'observed_failure')).rejects.toMatchObject({ code: '22012' })
  await expect(
    inTransaction(
      pool,
      () => undefined,
      (tx) => executeOnce(tx, sql`select 1 / 0`, 'observed_failure'),
    ),
  ).rejects.toMatchObject({ code: '22012' })
  expect(names()).toEqual(['observed_failure', 'begin', 'observed_failure', 'rollback'])
})

test('an observer sees how long a query took, and how many calls shared it', async ({ observed }) => {
  const { pool, queries } = observed
  const slow = executeOnce(pool, sql`select pg_sleep(0.2)`, 'slow')
  await Promise.all([slow, ...Array.from({ length: 5 }, () => lookup(pool, { id: randomUUID() }))])
  const [first, shared] = queries
  expect(first).toMatchObject({ statement: 'slow', inputs: undefined })
  expect(first?.seconds).toBeGreaterThan(0.19)
  expect(shared).toMatchObject({ statement: 'observed_lookup', inputs: 5 })
})
