import { freshDatabase, until } from '@goals-tasks/devstack/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDatabase } from '../src/engine/client.ts'
import { inTransaction } from '../src/engine/transaction.ts'

let database: ReturnType<typeof createDatabase>
beforeAll(async () => {
  database = createDatabase({ ...(await freshDatabase()), poolSize: 4, name: 'test', onError: () => undefined })
  await database.pool.query(
    'create table counters (id int primary key, n int not null); insert into counters values (1, 0), (2, 0)',
  )
})
afterAll(() => database.close())

const counters = async () => (await database.pool.query('select n from counters order by id')).rows.map((row) => row.n)

test('what throws leaves nothing behind and no connection occupied', async () => {
  const before = await counters()
  for (let i = 0; i < 10; i++) {
    const failing = inTransaction(
      database.pool,
      () => undefined,
      async (tx) => {
        await tx.query('update counters set n = n + 1')
        throw new Error('no')
      },
    )
    await expect(failing).rejects.toThrow('no')
  }
  expect(await counters()).toEqual(before)
  expect(database.pool.totalCount - database.pool.idleCount).toBe(0)
})

test('of two that deadlock both get through', async () => {
  const before = await counters()
  const first = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  const add = (order: [number, number], mine: () => void, other: Promise<void>) =>
    inTransaction(
      database.pool,
      () => undefined,
      async (tx) => {
        await tx.query('update counters set n = n + 1 where id = $1', [order[0]])
        mine()
        await other
        await tx.query('update counters set n = n + 1 where id = $1', [order[1]])
      },
    )
  await Promise.all([add([1, 2], first.resolve, second.promise), add([2, 1], second.resolve, first.promise)])
  expect(await counters()).toEqual(before.map((n) => n + 2))
})

test('a connection that is lost inside is not handed to anyone else', async () => {
  const lost = inTransaction(
    database.pool,
    () => undefined,
    async (tx) => {
      const { rows } = await tx.query('select pg_backend_pid() as pid')
      await database.pool.query('select pg_terminate_backend($1)', [rows[0].pid])
      await tx.query('select 1')
    },
  )
  await expect(lost).rejects.toThrow()
  expect(await counters()).toHaveLength(2)
})

test('a session that Postgres ended between two statements fails with its reason', async () => {
  const idle = inTransaction(
    database.pool,
    () => undefined,
    async (tx) => {
      await tx.query(`set local idle_in_transaction_session_timeout = '50ms'`)
      const { rows } = await tx.query('select pg_backend_pid() as pid')
      const isGone = 'select not exists (select from pg_stat_activity where pid = $1) as gone'
      await until(async () => (await database.pool.query(isGone, [rows[0].pid])).rows[0].gone)
      await tx.query('select 1')
    },
  )
  await expect(idle).rejects.toMatchObject({ code: '25P03' })
})
