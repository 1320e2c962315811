import { freshDatabase } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { test as base, expect } from 'vitest'
import { applyMigration } from '../src/engine/apply-migration.ts'

const connect = async (url: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

/** A test with a migrated database of its own, and a connection with a transaction that has locked goals. */
const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from this pattern
  .extend('url', async ({}) => (await freshDatabase()).url)
  .extend('client', async ({ url }, { onCleanup }) => {
    const client = await connect(url)
    onCleanup(() => client.end())
    return client
  })
  .extend('holder', async ({ url }, { onCleanup }) => {
    const holder = await connect(url)
    onCleanup(() => holder.end())
    await holder.query('begin')
    await holder.query('lock table goals in row exclusive mode')
    return holder
  })

const migration = (...sql: string[]) => ({
  tag: '9999_test',
  sql,
  hash: 'test',
  folderMillis: 4_000_000_000_000,
  bps: true,
})
const isRecorded = async (client: pg.Client) =>
  (await client.query(`select from drizzle.__drizzle_migrations where hash = 'test'`)).rowCount === 1

test('a migration lets the waiting writers go on and tries again when a transaction holds one of its tables', async ({
  url,
  client,
  holder,
}) => {
  const writer = await connect(url)
  const messages: string[] = []
  const run = applyMigration(client, migration('create table first_try ()', 'alter table goals add column x int'), {
    waitMs: 60_000,
    async onWait(message) {
      messages.push(message)
      // The writer gets its lock although the holder keeps its own.
      await writer.query(`insert into goals (user_id, title) values (uuidv7(), 'Written between two tries')`)
      await holder.query('commit')
    },
  })
  await run
  expect(messages).toEqual(['waiting for the locks of the migration 9999_test'])
  expect((await client.query('select x from goals')).rows).toEqual([{ x: null }])
  expect(await isRecorded(client)).toBe(true)
  await writer.end()
})

test('a migration fails and leaves nothing behind when a lock is not released in time', async ({ client, holder }) => {
  await expect(
    applyMigration(client, migration('create table first_try ()', 'alter table goals add column x int'), {
      waitMs: 0,
      onWait: () => undefined,
    }),
  ).rejects.toThrow(/9999_test did not get its locks within 0 s: end the long transactions in pg_stat_activity/)
  await holder.query('commit')
  expect((await client.query(`select to_regclass('first_try') as found`)).rows).toEqual([{ found: null }])
  expect(await isRecorded(client)).toBe(false)
})

test('an index is built outside of a transaction when the migration builds it concurrently', async ({ client }) => {
  const statements = [
    'drop index concurrently if exists goals_category',
    '-- Serves a search.\ncreate index concurrently goals_category on goals (category)',
  ]
  const options = { waitMs: 0, onWait: () => undefined }
  await applyMigration(client, migration(...statements), options)
  expect(await isRecorded(client)).toBe(true)
  // A second call is what happens when the first one ended before it was recorded.
  await applyMigration(client, migration(...statements), options)
  const { rows } = await client.query(`select indisvalid from pg_index where indexrelid = 'goals_category'::regclass`)
  expect(rows).toEqual([{ indisvalid: true }])
})

test('a migration tries again when Postgres ended it in a deadlock, and waits with one sentence', async ({
  client,
}) => {
  // A sequence keeps its value when a transaction rolls back, so only the first two tries fail.
  await client.query('create sequence tries')
  const messages: string[] = []
  const failTwice = `do $$ begin
    if nextval('tries') < 3 then raise exception 'deadlock detected' using errcode = '40P01'; end if;
  end $$`
  await applyMigration(client, migration(failTwice), { waitMs: 60_000, onWait: (message) => messages.push(message) })
  expect(messages).toEqual(['waiting for the locks of the migration 9999_test'])
  expect(await isRecorded(client)).toBe(true)
})
