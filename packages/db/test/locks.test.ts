import { expect } from 'vitest'
import { lockInOrder } from '../src/changes/locks.ts'
import { test } from './support/database-test.ts'

test.beforeAll(async ({ pool }) => {
  await pool.query(`create table lockable (id text primary key); insert into lockable values ('a'), ('b'), ('c')`)
})

const lockStatement = 'select from lockable where id = any($1) order by id for update'

test('locks are released and taken again in order when a new row turns up after locking', async ({
  pool,
  transaction,
}) => {
  const found = [['c', 'b'], ['a', 'c'], ['a']]
  const locked: string[][] = []
  await transaction((tx) =>
    lockInOrder(
      tx,
      async () => found.shift() ?? [],
      async (ids) => {
        // Another connection gets the rows, so this transaction holds none of them here.
        await pool.query(`${lockStatement} nowait`, [['a', 'b', 'c']])
        await tx.query(lockStatement, [ids])
        locked.push([...ids])
      },
    ),
  )
  expect(locked).toEqual([
    ['b', 'c'],
    ['a', 'b', 'c'],
  ])
})

test('locks are held until the transaction ends when no new row turns up', async ({ pool, transaction }) => {
  await transaction(async (tx) => {
    await lockInOrder(
      tx,
      async () => ['b', 'a'],
      (ids) => tx.query(lockStatement, [ids]),
    )
    for (const id of ['a', 'b'])
      await expect(pool.query(`${lockStatement} nowait`, [[id]])).rejects.toMatchObject({ code: '55P03' })
  })
  await pool.query(`${lockStatement} nowait`, [['a', 'b']])
})
