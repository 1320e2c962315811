import { freshDatabase } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { test as base, expect } from 'vitest'
import { recordCluster } from '../src/engine/epoch.ts'
import { migrate } from '../src/engine/migrations.ts'
import { commitGoal } from './support/committed-goal.ts'

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from this pattern
  .extend('url', async ({}) => (await freshDatabase()).url)
  .extend('pool', async ({ url }, { onCleanup }) => {
    const pool = new pg.Pool({ connectionString: url, max: 2 })
    onCleanup(() => pool.end())
    return pool
  })

const epochs = async (pool: pg.Pool) =>
  (await pool.query('select distinct epoch from event_readers order by epoch')).rows.map((row) => row.epoch)

/** Makes the database look like one that was restored into another cluster. */
const changeCluster = (pool: pg.Pool) => pool.query('update installation set system_identifier = 1')

test('the epoch rises once when the database was restored into another cluster', async ({ pool, url }) => {
  await commitGoal(pool)
  await changeCluster(pool)
  await migrate(url)
  await migrate(url)
  await commitGoal(pool)
  expect(await epochs(pool)).toEqual([1, 2])
  const { rows } = await pool.query(
    `select epoch, system_identifier = (select system_identifier from pg_control_system()) as same from installation`,
  )
  expect(rows).toEqual([{ epoch: 2, same: true }])
})

test('the epoch rises after the open transactions when one of them writes events', async ({ pool, url }) => {
  await changeCluster(pool)
  const writer = await pool.connect()
  await writer.query('begin')
  await commitGoal(writer as unknown as pg.Pool)
  const waits: string[] = []
  await migrate(url, {
    async onWait(message) {
      waits.push(message)
      await writer.query('commit')
    },
  })
  writer.release()
  expect(waits).toEqual(['waiting for the locks of the new epoch of the feed'])
  await commitGoal(pool)
  expect(await epochs(pool)).toEqual([1, 2])
})

test('the epoch rises when the timeline is another one than the recorded one', async ({ pool, url }) => {
  await pool.query('update installation set timeline = 7')
  await migrate(url)
  expect((await pool.query('select epoch, timeline from installation')).rows).toEqual([{ epoch: 2, timeline: 1 }])
})

test('the epoch stays when the owner may not read the identifier of the cluster', async ({ pool, url }) => {
  await changeCluster(pool)
  await pool.query('revoke execute on function pg_control_system() from public')
  await pool.query('alter function present_cluster() owner to pg_monitor')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('set role pg_monitor')
  await recordCluster(client, { onWait: () => undefined, waitMs: 0 })
  await client.end()
  expect((await pool.query('select epoch from installation')).rows).toEqual([{ epoch: 1 }])
})

test('only a role with the rights of the owner raises the epoch', async ({ pool }) => {
  await expect(pool.query('set role pg_monitor; select raise_epoch()')).rejects.toThrow(
    'permission denied for function raise_epoch',
  )
  expect((await pool.query('select epoch from installation')).rows).toEqual([{ epoch: 1 }])
})

test('a role keeps its rights on the readers of events when the feed is migrated', async ({ pool, url }) => {
  await pool.query('drop schema public cascade; create schema public; drop schema drizzle cascade')
  await migrate(url, { upTo: '0012_bodies_once_after_deploy' })
  await pool.query('grant select, insert on event_readers to pg_monitor')
  await pool.query('grant select on event_readers to public')
  const rights = async () =>
    (
      await pool.query(
        `select has_table_privilege('pg_monitor', 'event_readers', 'insert') as insert,
                has_table_privilege('pg_monitor', 'event_readers', 'delete') as delete,
                (select bool_or(grantee = 0) from pg_class, aclexplode(relacl)
                 where oid = 'event_readers'::regclass) as public`,
      )
    ).rows[0]
  const before = await rights()
  await migrate(url)
  expect(await rights()).toEqual(before)
  expect(before).toEqual({ insert: true, delete: false, public: true })
})

test('the statements of the previous release write readers when the feed was migrated', async ({ pool }) => {
  const { id } = await commitGoal(pool)
  await pool.query(
    `insert into event_readers (reader_id, xid, position, event_id) select uuidv7(), xid, position, id
     from events where id = $1`,
    [id],
  )
  const { rows } = await pool.query(
    'select epoch, visibility from event_readers where event_id = $1 order by visibility',
    [id],
  )
  expect(rows).toEqual([
    { epoch: 1, visibility: 'gained' },
    { epoch: 1, visibility: null },
  ])
})
