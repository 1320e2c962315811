import { startTcpProxy, until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { observeQueries } from '../src/engine/observe-queries.ts'
import { inTransaction } from '../src/engine/transaction.ts'
import { test } from './support/database-test.ts'

test.beforeAll(async ({ pool }) => {
  await pool.query(
    'create table counters (id int primary key, n int not null); insert into counters values (1, 0), (2, 0)',
  )
})

async function loadCounters(pool: pg.Pool): Promise<number[]> {
  const { rows } = await pool.query('select n from counters order by id')
  return rows.map((row) => row.n)
}

test('a transaction writes nothing and releases its connection when its work throws', async ({ pool, transaction }) => {
  const before = await loadCounters(pool)
  for (let i = 0; i < 10; i++) {
    const failing = transaction(async (tx) => {
      await tx.query('update counters set n = n + 1')
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
  }
  expect(await loadCounters(pool)).toEqual(before)
  expect(pool.totalCount - pool.idleCount).toBe(0)
})

test('both transactions commit when they deadlock', async ({ pool, transaction }) => {
  const before = await loadCounters(pool)
  const first = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  const add = (order: [number, number], mine: () => void, other: Promise<void>) =>
    transaction(async (tx) => {
      await tx.query('update counters set n = n + 1 where id = $1', [order[0]])
      mine()
      await other
      await tx.query('update counters set n = n + 1 where id = $1', [order[1]])
    })
  await Promise.all([add([1, 2], first.resolve, second.promise), add([2, 1], second.resolve, first.promise)])
  expect(await loadCounters(pool)).toEqual(before.map((n) => n + 2))
})

test('a connection does not return to the pool when it is lost in a transaction', async ({ pool, transaction }) => {
  const lost = transaction(async (tx) => {
    const { rows } = await tx.query('select pg_backend_pid() as pid')
    await pool.query('select pg_terminate_backend($1)', [rows[0].pid])
    await tx.query('select 1')
  })
  await expect(lost).rejects.toThrow()
  expect(await loadCounters(pool)).toHaveLength(2)
})

test('a transaction rejects with the reason when Postgres ends its session between two statements', async ({
  pool,
  transaction,
}) => {
  const idle = transaction(async (tx) => {
    await tx.query(`set local idle_in_transaction_session_timeout = '50ms'`)
    const { rows } = await tx.query('select pg_backend_pid() as pid')
    const isEnded = 'select not exists (select from pg_stat_activity where pid = $1) as ended'
    await until(async () => (await pool.query(isEnded, [rows[0].pid])).rows[0].ended)
    await tx.query('select 1')
  })
  await expect(idle).rejects.toMatchObject({ code: '25P03' })
})

test('a transaction waits for its dead connection only once, and the connection is destroyed', async ({ pool }) => {
  const proxy = await startTcpProxy(pool.options.connectionString ?? '')
  const behindProxy = new pg.Pool({ connectionString: proxy.url, query_timeout: 1_000 })
  let queries = 0
  behindProxy.on('connect', (client) => observeQueries(client, () => void queries++))
  behindProxy.on('error', () => undefined)
  onTestFinished(() => behindProxy.end())
  const frozen = inTransaction(
    behindProxy,
    () => undefined,
    async (tx) => {
      await tx.query('select 1')
      proxy.freeze()
      await tx.query('select 1')
    },
  )
  await expect(frozen).rejects.toThrow('Query read timeout')
  // A rollback would wait for the dead connection a second time.
  expect(queries).toBe(['begin', 'select 1', 'select 1'].length)
  expect(behindProxy.totalCount).toBe(0)
  expect((await behindProxy.query('select 1')).rowCount).toBe(1)
})
