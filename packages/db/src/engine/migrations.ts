import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import pg from 'pg'
import { retryConflicts } from './conflicts.ts'
import type { GrantedUse } from './grants.ts'
import { type LockOptions, lockMigrations } from './migration-lock.ts'
import { checkDatabase, checkMigration } from './prerequisites.ts'

const folder = fileURLToPath(new URL('../../../../drizzle', import.meta.url))

type Journal = { entries: { tag: string; when: number }[] }
const knownMigrations = () => (JSON.parse(readFileSync(`${folder}/meta/_journal.json`, 'utf8')) as Journal).entries

/**
 * Applies the migrations of this release, all of them in one transaction. It needs no session, so a transaction pooler
 * may stand in between. Any number of processes may call it at once: one works, the others wait.
 * @returns the names of the migrations that this call applied, oldest first
 * @throws Error with every missing prerequisite, or naming the process that held the lock for longer than `waitMs`
 */
export async function migrate(databaseUrl: string, options: LockOptions = {}): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'goals-tasks migrate' })
  await client.connect()
  try {
    await checkMigration(client)
    // A migration that locks tables may deadlock with a running process.
    return await retryConflicts(() => migrateOnce(client, options))
  } finally {
    await client.end()
  }
}

async function migrateOnce(client: pg.Client, options: LockOptions): Promise<string[]> {
  await client.query('begin isolation level read committed')
  try {
    await client.query(withoutLimits)
    await lockMigrations(client, options)
    await createMigrationTable(client)
    const missing = await missingMigrations(client)
    for (const migration of readMigrationFiles({ migrationsFolder: folder }))
      if (missing.some(({ when }) => when === migration.folderMillis)) await apply(client, migration)
    await ensurePartitions(client)
    await client.query('commit')
    return missing.map(({ tag }) => tag)
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

/** A role or a database may set limits for its sessions. A migration takes as long as it needs. */
const withoutLimits = `
  set local statement_timeout = 0; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 0;
  set local transaction_timeout = 0; set local timezone = 'UTC'`

/** Creates the table of applied migrations. A role that may not create its schema finds one that a DBA has created. */
async function createMigrationTable(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`select to_regnamespace('drizzle') is null as missing`)
  if (rows[0]?.missing) await client.query('create schema drizzle')
  const table = await client.query(`select to_regclass('drizzle.__drizzle_migrations') is null as missing`)
  if (table.rows[0]?.missing)
    await client.query(
      'create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)',
    )
}

async function apply(client: pg.Client, { sql, hash, folderMillis }: MigrationMeta): Promise<void> {
  for (const statement of sql) await client.query(statement)
  await client.query('insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)', [
    hash,
    folderMillis,
  ])
}

/**
 * Checks that the program can run on this database: the version, the encoding, the schema, the rights of the role, and
 * every migration of this release. A `reader` needs no rights to write. The database may have newer migrations: a
 * migration is backwards compatible with the previous release.
 * @throws Error with the problems and their remedies
 */
export async function assertSchema(client: Queryable, use: GrantedUse = 'service'): Promise<void> {
  await checkDatabase(client, use)
  const missing = await missingMigrations(client)
  if (missing.length === 0) return
  const names = missing.map(({ tag }) => tag).join(', ')
  throw new Error(`the database lacks the migration ${names}: run \`npm run migrate\``)
}

/** Creates the event partitions of the next four weeks. Does nothing when they exist. Needs no Redis. */
export async function ensurePartitions(client: Queryable): Promise<void> {
  await client.query('select ensure_event_partitions(4)')
}

type Queryable = Pick<pg.Client | pg.Pool, 'query'>

async function missingMigrations(client: Queryable): Promise<Journal['entries']> {
  const table = await client.query(`select to_regclass('drizzle.__drizzle_migrations') is not null as found`)
  const applied = table.rows[0].found
    ? await client.query('select created_at from drizzle.__drizzle_migrations')
    : { rows: [] }
  const times = new Set(applied.rows.map((row: { created_at: string }) => Number(row.created_at)))
  return knownMigrations().filter((entry) => !times.has(entry.when))
}
