import { freshDatabase } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { beforeEach, expect, test } from 'vitest'
import { assertSchema, ensurePartitions, migrate } from '../src/engine/migrations.ts'

let client: pg.Client
let url: string
beforeEach(async () => {
  url = (await freshDatabase()).url
  client = new pg.Client({ connectionString: url })
  await client.connect()
  return () => client.end()
})

const emptied = async () => {
  await client.query('drop schema public cascade; create schema public; drop schema drizzle cascade')
}

test('a fresh database gets everything, a second time nothing', async () => {
  await emptied()
  expect((await migrate(url)).length).toBeGreaterThan(1)
  expect(await migrate(url)).toEqual([])
})

test('many processes may migrate at once: each migration is applied by one of them', async () => {
  await emptied()
  const applied = (await Promise.all(Array.from({ length: 6 }, () => migrate(url)))).flat()
  expect(new Set(applied).size).toBe(applied.length)
  expect(applied[0]).toBe('0000_init')
  await assertSchema(client)
})

test('a process on a database that lacks a migration is told which one and what to do', async () => {
  await client.query(
    'delete from drizzle.__drizzle_migrations where created_at = (select max(created_at) from drizzle.__drizzle_migrations)',
  )
  await expect(assertSchema(client)).rejects.toThrow(/lacks the migration \d{4}_\w+: run `npm run migrate`/)
  await emptied()
  await expect(assertSchema(client)).rejects.toThrow(/0000_init, 0001_/)
})

test('a database that is ahead does not stop an older program', async () => {
  await client.query(
    "insert into drizzle.__drizzle_migrations (hash, created_at) values ('from the future', 4000000000000)",
  )
  await assertSchema(client)
})

test('partitions lie ahead for weeks, and an event of a week that has none is kept all the same', async () => {
  const partition = async (id: string) => {
    await client.query(
      `insert into events (id, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
       values ($1, 'goal:created', 'goal', uuidv7(), 1, 0, uuidv7(), '{}')`,
      [id],
    )
    return (await client.query('select tableoid::regclass::text as name from events where id = $1', [id])).rows[0].name
  }
  const idAt = async (offset: string) => (await client.query('select uuidv7($1::interval) as id', [offset])).rows[0].id
  expect(await partition(await idAt('0'))).toMatch(/^events_\d{8}$/)
  expect(await partition(await idAt('3 weeks'))).toMatch(/^events_\d{8}$/)
  expect(await partition(await idAt('20 weeks'))).toBe('events_default')
})

test('events that the DEFAULT partition caught neither stop a program from starting nor stay for ever', async () => {
  const insert = (id: string) =>
    client.query(
      `insert into events (id, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
       values ($1, 'goal:created', 'goal', uuidv7(), 1, 0, uuidv7(), '{}')`,
      [id],
    )
  const idAt = async (offset: string) => (await client.query('select uuidv7($1::interval) as id', [offset])).rows[0].id
  const inDefault = async () => (await client.query('select id from events_default')).rows.map((row) => row.id)
  const { rows } = await client.query(`select max(relname) as last from pg_class where relname ~ '^events_\\d{8}$'`)
  await client.query(`drop table ${rows[0].last}`)
  const [future, past] = [await idAt('4 weeks'), await idAt('-60 days')]
  await insert(future)
  await insert(past)
  expect((await inDefault()).toSorted()).toEqual([past, future].toSorted())
  await ensurePartitions(client)
  await client.query(`select * from drop_expired_event_partitions(interval '30 days')`)
  expect(await inDefault()).toEqual([future])
})

test('a week that cannot be made now, because somebody reads, is left for later and stops nobody from starting', async () => {
  const partitions = async () =>
    (await client.query(`select relname from pg_class where relname ~ '^events_\\d{8}$'`)).rows.map(
      (row) => row.relname,
    )
  const all = await partitions()
  await client.query(`drop table ${all.toSorted().at(-1)}`)
  const warnings: (string | undefined)[] = []
  client.on('notice', (notice) => warnings.push(notice.message))
  const reader = new pg.Client({ connectionString: url })
  await reader.connect()
  try {
    await reader.query('begin')
    await reader.query('select from events')
    await ensurePartitions(client)
    expect(await migrate(url)).toEqual([])
    expect(await partitions()).toHaveLength(all.length - 1)
    expect(warnings).toEqual([
      expect.stringMatching(/^events is in use: the week of \d{4}-\d\d-\d\d is left for another/),
    ])
    await reader.query('commit')
    await ensurePartitions(client)
    expect((await partitions()).toSorted()).toEqual(all.toSorted())
  } finally {
    await reader.end()
  }
})

test('a week beyond the retention goes, unless a delivery still needs it', async () => {
  const old = `(select uuidv7('-70 days'::interval) as id)`
  await client.query(`do $$ declare monday date := date_trunc('week', now() - interval '70 days')::date; begin
    execute format('create table events_%s partition of events for values from (%L) to (%L)', to_char(monday, 'YYYYMMDD'), uuidv7_floor(monday::timestamp at time zone 'UTC'), uuidv7_floor((monday + 7)::timestamp at time zone 'UTC'));
  end $$`)
  await client.query(
    `with e as ${old} insert into events (id, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after) select id, 'goal:created', 'goal', uuidv7(), 1, 0, uuidv7(), '{}' from e`,
  )
  await client.query(`insert into deliveries (consumer, event_id) select 'sync', id from events`)
  const drop = async () =>
    (await client.query(`select * from drop_expired_event_partitions(interval '30 days')`)).rowCount
  expect(await drop()).toBe(0)
  await client.query('delete from deliveries')
  expect(await drop()).toBe(1)
  expect((await client.query('select from events')).rowCount).toBe(0)
})
