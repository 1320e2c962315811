import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { freshDatabase } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { test as base, expect, onTestFinished } from 'vitest'
import { assertSchema, ensurePartitions, migrate } from '../src/engine/migrations.ts'
import { waitForSchema } from '../src/engine/wait-for-schema.ts'

/** A test with a migrated database of its own and a connection to it. */
const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from this pattern
  .extend('url', async ({}) => (await freshDatabase()).url)
  .extend('client', async ({ url }, { onCleanup }) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    onCleanup(() => client.end())
    return client
  })

const dropEverything = async (client: pg.Client) => {
  await client.query('drop schema public cascade; create schema public; drop schema drizzle cascade')
}

/** Inserts an event. Its id determines its week. */
const insertEvent = (client: pg.Client, id: string) =>
  client.query(
    `insert into events (id, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
     values ($1, 'goal:created', 'goal', uuidv7(), 1, 0, uuidv7(), '{}')`,
    [id],
  )

/** Returns an event id of the time that is `offset` from now, for example `3 weeks`. */
async function idAt(client: pg.Client, offset: string): Promise<string> {
  const { rows } = await client.query('select uuidv7($1::interval) as id', [offset])
  return rows[0].id
}

/** Creates the partition of the week that lies 70 days back. */
async function createOldPartition(client: pg.Client): Promise<void> {
  await client.query(`do $$ declare monday date := date_trunc('week', now() - interval '70 days')::date; begin
    execute format('create table events_%s partition of events for values from (%L) to (%L)',
      to_char(monday, 'YYYYMMDD'), uuidv7_floor(monday::timestamp at time zone 'UTC'),
      uuidv7_floor((monday + 7)::timestamp at time zone 'UTC'));
  end $$`)
}

/** Inserts the primary event of a version and its milestone. `at` are their times after the start of that old week. */
const insertVersion = (client: pg.Client, at: { primary: string; milestone: string }) =>
  client.query(
    `insert into events (id, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
     select uuidv7_floor(date_trunc('week', now() at time zone 'UTC' - interval '70 days') at time zone 'UTC' + at),
            'goal:created', 'goal', goal_id, 1, ordinal, goal_id, case when ordinal = 0 then '{}'::json end
     from (select uuidv7() as goal_id) goal, (values (0, $1::interval), (1, $2::interval)) v(ordinal, at)`,
    [at.primary, at.milestone],
  )

/** Drops what is older than 30 days. @returns how many weeks were dropped */
const dropExpired = async (client: pg.Client) =>
  (await client.query(`select * from drop_expired_event_partitions(interval '30 days')`)).rowCount

/** Returns the names of the partitions by week, in their order. */
async function listPartitions(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(`select relname from pg_class where relname ~ '^events_\\d{8}$' order by relname`)
  return rows.map((row) => row.relname)
}

test('a database gets every migration once', async ({ client, url }) => {
  await dropEverything(client)
  expect((await migrate(url)).applied.length).toBeGreaterThan(1)
  expect(await migrate(url)).toEqual({ applied: [], postponed: [] })
})

test('the partitions of the next weeks are created when no migration is missing', async ({ client, url }) => {
  const all = await listPartitions(client)
  await client.query(`drop table ${all.at(-1)}`)
  expect(await migrate(url)).toEqual({ applied: [], postponed: [] })
  expect(await listPartitions(client)).toEqual(all)
})

test('each migration is applied by one process when many migrate at once', async ({ client, url }) => {
  await dropEverything(client)
  const applied = (await Promise.all(Array.from({ length: 6 }, () => migrate(url)))).flatMap((run) => run.applied)
  expect(new Set(applied).size).toBe(applied.length)
  expect(applied[0]).toBe('0000_init')
  await assertSchema(client)
})

test('a migration for after the deploy is postponed when the previous release may be running', async ({
  client,
  url,
}) => {
  await dropEverything(client)
  await migrate(url, { upTo: '0008_due_day' })
  const { applied, postponed } = await migrate(url, { duringDeploy: true })
  expect(applied).toContain('0009_fillfactor')
  expect(postponed).toEqual(['0011_drop_representation_after_deploy', '0012_bodies_once_after_deploy'])
  await assertSchema(client)
  expect(await migrate(url)).toEqual({ applied: postponed, postponed: [] })
})

test('no migration is postponed when the database is empty', async ({ client, url }) => {
  await dropEverything(client)
  const { applied, postponed } = await migrate(url, { duringDeploy: true })
  expect(applied).toContain('0011_drop_representation_after_deploy')
  expect(postponed).toEqual([])
})

test('the schema check names the missing migrations and the command when the database lacks some', async ({
  client,
  url,
}) => {
  await dropEverything(client)
  await migrate(url, { upTo: '0008_due_day' })
  await expect(assertSchema(client)).rejects.toThrow(/lacks the migration 0009_\w+.*: run `npm run migrate`/)
  await dropEverything(client)
  await expect(assertSchema(client)).rejects.toThrow(/0000_init, 0001_/)
})

test('the schema check accepts a database with newer migrations', async ({ client }) => {
  await client.query(
    "insert into drizzle.__drizzle_migrations (hash, created_at) values ('from the future', 4000000000000)",
  )
  await assertSchema(client)
})

test('an event is stored in the partition of its week, or in the DEFAULT partition when the week has none', async ({
  client,
}) => {
  const partitionAt = async (offset: string) => {
    const id = await idAt(client, offset)
    await insertEvent(client, id)
    const { rows } = await client.query('select tableoid::regclass::text as name from events where id = $1', [id])
    return rows[0].name
  }
  expect(await partitionAt('0')).toMatch(/^events_\d{8}$/)
  expect(await partitionAt('3 weeks')).toMatch(/^events_\d{8}$/)
  expect(await partitionAt('20 weeks')).toBe('events_default')
})

test('partitions are created and old events deleted when the DEFAULT partition has events', async ({ client }) => {
  const inDefault = async () => (await client.query('select id from events_default')).rows.map((row) => row.id)
  await client.query(`drop table ${(await listPartitions(client)).at(-1)}`)
  const [future, past] = [await idAt(client, '4 weeks'), await idAt(client, '-60 days')]
  await insertEvent(client, future)
  await insertEvent(client, past)
  expect((await inDefault()).toSorted()).toEqual([past, future].toSorted())
  await ensurePartitions(client)
  await dropExpired(client)
  expect(await inDefault()).toEqual([future])
})

test('a missing week is skipped with a warning, and created later, when a transaction is reading events', async ({
  client,
  url,
}) => {
  const all = await listPartitions(client)
  await client.query(`drop table ${all.at(-1)}`)
  const warnings: (string | undefined)[] = []
  client.on('notice', (notice) => warnings.push(notice.message))
  const reader = new pg.Client({ connectionString: url })
  await reader.connect()
  try {
    await reader.query('begin')
    await reader.query('select from events')
    await ensurePartitions(client)
    expect(await migrate(url)).toEqual({ applied: [], postponed: [] })
    expect(await listPartitions(client)).toHaveLength(all.length - 1)
    expect(warnings).toEqual([
      expect.stringMatching(/^events is in use: the week of \d{4}-\d\d-\d\d is left for another/),
    ])
    await reader.query('commit')
    await ensurePartitions(client)
    expect(await listPartitions(client)).toEqual(all)
  } finally {
    await reader.end()
  }
})

test('a partition beyond the retention is dropped once its events have no deliveries', async ({ client }) => {
  await createOldPartition(client)
  await insertEvent(client, await idAt(client, '-70 days'))
  await client.query(`insert into deliveries (consumer, event_id) select 'sync', id from events`)
  expect(await dropExpired(client)).toBe(0)
  await client.query('delete from deliveries')
  expect(await dropExpired(client)).toBe(1)
  expect((await client.query('select from events')).rowCount).toBe(0)
})

test('the primary event of a milestone is kept while the milestone has a delivery', async ({ client }) => {
  await createOldPartition(client)
  await insertVersion(client, { primary: '7 days -1 second', milestone: '7 days 1 second' })
  await insertVersion(client, { primary: '-14 days', milestone: '-14 days 1 second' })
  await client.query(`insert into deliveries (consumer, event_id) select 'sync', id from events where ordinal = 1`)
  expect(await dropExpired(client)).toBe(0)
  expect((await client.query('select from events')).rowCount).toBe(4)
  await client.query('delete from deliveries')
  expect(await dropExpired(client)).toBe(1)
  expect((await client.query('select from events')).rowCount).toBe(0)
})

test('the wait for the schema names the code of an error without a message', async () => {
  // An error of the protocol: its length, a code and an empty message.
  const refusal = Buffer.from('E\0\0\0\x0eC57P03\0M\0\0', 'latin1')
  const server = createServer((socket) => void socket.once('data', () => socket.end(refusal)))
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `postgres://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/goals`
  await expect(waitForSchema(url, { waitMs: 0 })).rejects.toThrow('is not up to date after 0 s: 57P03')
})
