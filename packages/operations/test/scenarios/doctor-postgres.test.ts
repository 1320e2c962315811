import { createDatabase } from '@goals-tasks/db'
import { type OwnServer, ownPostgres, ownPrimary, ownStandby, until } from '@goals-tasks/devstack/testing'
import type pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { checkPostgresSettings } from '../../src/doctor/postgres-settings.ts'

function open({ url }: OwnServer): pg.Pool {
  const { pool, close } = createDatabase({ url, poolSize: 2, name: 'test', onError: () => undefined })
  onTestFinished(close)
  return pool
}

/** Returns the finding of one check. */
const find = async (pool: pg.Pool, check: string) =>
  (await checkPostgresSettings(pool)).find((finding) => finding.check === check)

test('the doctor names a Postgres whose WAL is too short for a standby', async () => {
  const pool = open(await ownPostgres(['-c', 'wal_level=minimal', '-c', 'max_wal_senders=0']))
  expect(await find(pool, 'Postgres: wal_level')).toMatchObject({
    ...{ state: 'problem', fix: 'set wal_level = replica and restart' },
  })
})

test('the doctor names a replication slot without a reader', async () => {
  const pool = open(await ownPrimary())
  expect(await find(pool, 'Postgres: wal_level')).toMatchObject({ state: 'ok', fact: 'replica' })
  expect(await find(pool, 'Postgres: replication slots')).toBeUndefined()
  await pool.query(`select pg_create_physical_replication_slot('left')`)
  expect(await find(pool, 'Postgres: replication slots')).toMatchObject({
    ...{ state: 'warning', fact: expect.stringContaining('no standby reads left') },
    fix: expect.stringContaining('pg_drop_replication_slot'),
  })
})

test('the doctor says whether a commit waits for a synchronous standby', async () => {
  const primary = await ownPrimary()
  const found = () => find(open(primary), 'Postgres: synchronous standby')
  const apply = async (setting: string) => {
    const pool = open(primary)
    await pool.query(`alter system set ${setting}`)
    await pool.query('select pg_reload_conf()')
  }
  expect(await found()).toMatchObject({ state: 'warning', fix: expect.stringContaining('synchronous_standby_names') })
  await apply(`synchronous_standby_names = 'standby'`)
  await until(async () => (await found())?.state === 'problem')
  expect(await found()).toMatchObject({ fact: 'no standby is connected for standby: commits wait' })
  const standby = await ownStandby(primary, { name: 'standby' })
  await until(async () => (await found())?.state === 'ok')
  expect(await found()).toMatchObject({ fact: '1 connected' })
  const local = createDatabase({
    ...{ url: `${primary.url}?options=-c%20synchronous_commit%3Dlocal`, poolSize: 1, name: 'test' },
    onError: () => undefined,
  })
  onTestFinished(local.close)
  expect(await find(local.pool, 'Postgres: synchronous standby')).toMatchObject({
    ...{ state: 'problem', fact: 'synchronous_commit is local, so no commit waits for standby' },
  })
  await standby.stop()
  await until(async () => (await found())?.state === 'problem')
})
