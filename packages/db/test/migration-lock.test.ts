import { freshDatabase, until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { test as base, expect } from 'vitest'
import { migrate } from '../src/engine/migrations.ts'

/** A test with a migrated database of its own and a connection that may hold the lock of the migrator. */
const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from this pattern
  .extend('url', async ({}) => (await freshDatabase()).url)
  .extend('holder', async ({ url }, { onCleanup }) => {
    const client = new pg.Client({ connectionString: url, application_name: 'holder' })
    await client.connect()
    onCleanup(() => client.end())
    return client
  })

test('the migrator waits for another one with one sentence, whatever limits the database sets', async ({
  url,
  holder,
}) => {
  const database = new URL(url).pathname.slice(1)
  await holder.query(`alter database ${database} set statement_timeout = '50ms'`)
  await holder.query(`alter database ${database} set idle_in_transaction_session_timeout = '50ms'`)
  await holder.query('begin')
  await holder.query(`select pg_advisory_xact_lock(hashtext('goals-tasks migrate'))`)
  const messages: string[] = []
  const run = migrate(url, {
    onWait(message) {
      messages.push(message)
      void holder.query('commit')
    },
  })
  expect(await run).toEqual({ applied: [], postponed: [] })
  expect(messages).toEqual([
    expect.stringMatching(/^waiting for another migration \(Postgres process \d+, holder, since \S+Z\)$/),
  ])
})

test('the migrator has no open transaction while it waits, because the holder may build an index concurrently', async ({
  url,
  holder,
}) => {
  await holder.query(`select pg_advisory_lock(hashtext('goals-tasks migrate'))`)
  const { promise: waiting, resolve: onWait } = Promise.withResolvers<string>()
  const run = migrate(url, { onWait })
  await waiting
  await until(async () => {
    const { rows } = await holder.query(
      `select pid from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null`,
    )
    return rows.length === 0
  })
  await holder.query(`select pg_advisory_unlock_all()`)
  expect(await run).toEqual({ applied: [], postponed: [] })
})

test('the migrator fails and names the holder when a lock is not released in time', async ({ url, holder }) => {
  // The session lock of version 0.2, which a transaction pooler keeps.
  await holder.query(`select pg_advisory_lock(hashtext('goals-tasks migrate'))`)
  await expect(migrate(url, { waitMs: 0 })).rejects.toThrow(
    /another migration is still running after 0 s \(Postgres process \d+, holder, since/,
  )
})

test('the migrator leaves no lock in its session', async ({ url, holder }) => {
  await migrate(url)
  const { rows } = await holder.query(`select count(*)::int as n from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())`)
  expect(rows).toEqual([{ n: 0 }])
})
