import { freshDatabase } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { test as base, expect, onTestFinished } from 'vitest'
import { assertSchema, ensurePartitions, migrate } from '../src/engine/migrations.ts'

/** A test with a migrated database of its own and a connection of its owner. */
const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from this pattern
  .extend('url', async ({}) => (await freshDatabase()).url)
  .extend('owner', ({ url }) => connect(url))

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

/** Returns the URL of another database or role on the same server. */
function urlOf(url: string, { database, role }: { database?: string; role?: string }): string {
  const other = new URL(url)
  if (database) other.pathname = `/${database}`
  if (role) Object.assign(other, { username: role, password: role })
  return other.href
}

async function createRole(owner: pg.Client): Promise<string> {
  const role = `r${crypto.randomUUID().slice(0, 8)}`
  await owner.query(`create role ${role} login password '${role}'`)
  return role
}

async function createEmptyDatabase(owner: pg.Client, options = ''): Promise<string> {
  const database = `d${crypto.randomUUID().slice(0, 8)}`
  await owner.query(`create database ${database} template template0 ${options}`)
  return database
}

test('a database that is not UTF-8 is refused by the migrator and by every process', async ({ url, owner }) => {
  const database = await createEmptyDatabase(owner, `encoding 'LATIN1' locale 'C'`)
  const latin1 = urlOf(url, { database })
  await expect(migrate(latin1)).rejects.toThrow(/has the encoding LATIN1: create one with `encoding 'UTF8'/)
  await expect(assertSchema(await connect(latin1))).rejects.toThrow(/encoding LATIN1/)
})

test('the migrator names every missing right before it changes anything', async ({ url, owner }) => {
  const [database, role] = [await createEmptyDatabase(owner), await createRole(owner)]
  const refused = migrate(urlOf(url, { database, role }))
  await expect(refused).rejects.toThrow(/may not create the schema drizzle: `grant create on database/)
  await expect(refused).rejects.toThrow(/may not create tables in public: `grant create on schema public/)
  const { rows } = await (await connect(urlOf(url, { database }))).query(
    `select count(*)::int as n from pg_class where relnamespace = 'public'::regnamespace`,
  )
  expect(rows).toEqual([{ n: 0 }])
})

test('a role migrates when it has the named rights', async ({ url, owner }) => {
  const [database, role] = [await createEmptyDatabase(owner), await createRole(owner)]
  const dba = await connect(urlOf(url, { database }))
  await dba.query(`grant create on database ${database} to ${role}; grant create on schema public to ${role}`)
  expect((await migrate(urlOf(url, { database, role }))).applied[0]).toBe('0000_init')
})

test('a role without rights on the database migrates when a DBA has created its schemas', async ({ url, owner }) => {
  const [database, role] = [await createEmptyDatabase(owner), await createRole(owner)]
  const dba = await connect(urlOf(url, { database }))
  await dba.query(`create schema drizzle authorization ${role}; grant create on schema public to ${role}`)
  expect((await migrate(urlOf(url, { database, role }))).applied[0]).toBe('0000_init')
})

test('the migrator refuses a role that may not change the tables and record migrations', async ({ url, owner }) => {
  const role = await createRole(owner)
  await owner.query(`grant create on schema public to ${role}`)
  const refused = migrate(urlOf(url, { role }))
  await expect(refused).rejects.toThrow(/may not change the tables in public: migrate with the role that created them/)
  await expect(refused).rejects.toThrow(/may not record migrations in the schema drizzle/)
})

test('a role of a service is refused without grants, and needs rights on rows only', async ({ url, owner }) => {
  const role = await createRole(owner)
  const service = await connect(urlOf(url, { role }))
  await expect(assertSchema(service)).rejects.toThrow(
    /lacks rights on .*drizzle\.__drizzle_migrations.*goals.*Grant them:\n +grant select, insert/,
  )
  await owner.query(`grant select, insert, update, delete on all tables in schema public to ${role};
    grant usage on schema drizzle to ${role}; grant select on all tables in schema drizzle to ${role}`)
  await assertSchema(service)
  await ensurePartitions(service)
  await service.query(`select drop_expired_event_partitions(interval '30 days')`)
})

test('a reader needs the right to select only', async ({ url, owner }) => {
  const role = await createRole(owner)
  const reader = await connect(urlOf(url, { role }))
  await expect(assertSchema(reader, 'reader')).rejects.toThrow(/Grant them:\n +grant select on all tables/)
  await owner.query(`grant select on all tables in schema public to ${role};
    grant usage on schema drizzle to ${role}; grant select on all tables in schema drizzle to ${role}`)
  await assertSchema(reader, 'reader')
  await expect(assertSchema(reader)).rejects.toThrow(/lacks rights on .*goals/)
})

test('a role of a service needs no rights on the tables of other programs', async ({ url, owner }) => {
  const role = await createRole(owner)
  await owner.query(`grant select, insert, update, delete on all tables in schema public to ${role};
    grant usage on schema drizzle to ${role}; grant select on all tables in schema drizzle to ${role};
    create table of_another_program ()`)
  await assertSchema(await connect(urlOf(url, { role })))
})

test('another schema than public is refused by its name', async ({ owner }) => {
  await owner.query('create schema elsewhere; set search_path = elsewhere')
  await expect(assertSchema(owner)).rejects.toThrow(/uses elsewhere: remove search_path from DATABASE_URL/)
})

test('a Postgres before version 18 is refused by its version', async ({ owner }) => {
  // Only the version is replaced: the tests have one version of Postgres.
  const query = async (text: string, values?: unknown[]) => {
    const result = await owner.query(text, values)
    return { ...result, rows: result.rows.map((row) => ('version' in row ? { ...row, version: 17 } : row)) }
  }
  const older = Object.assign(Object.create(owner), { query })
  await expect(assertSchema(older)).rejects.toThrow('Postgres 18 or newer is needed, and this server is Postgres 17')
})
