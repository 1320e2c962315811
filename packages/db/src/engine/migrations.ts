import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import type pg from 'pg'
import { applyMigration, withMigrationLimits } from './apply-migration.ts'
import { recordCluster } from './epoch.ts'
import type { GrantedUse } from './grants.ts'
import { createMigrationClient } from './migration-client.ts'
import { type LockOptions, withMigrationLock } from './migration-lock.ts'
import { checkDatabase, checkMigration } from './prerequisites.ts'

const folder = fileURLToPath(new URL('../../../../drizzle', import.meta.url))

type Journal = { entries: { tag: string; when: number }[] }
const knownMigrations = () => (JSON.parse(readFileSync(`${folder}/meta/_journal.json`, 'utf8')) as Journal).entries

export type MigrateOptions = LockOptions & {
  /**
   * Whether processes of the previous release may be running. Then the migrations whose names end in `_after_deploy`
   * are postponed, because they remove something that such a process uses. On an empty database they are not.
   */
  duringDeploy?: boolean
  /** The name of the last migration to apply. By default it is the last one of this release. */
  upTo?: string
}

/** The names of the migrations that a call applied and of the ones that it postponed, oldest first. */
export type Migrated = { applied: string[]; postponed: string[] }

/**
 * Applies the migrations of this release, each in a transaction of its own. It needs no session, so a transaction
 * pooler may stand in between. Any number of processes may call it at once: one works, the others wait.
 * @throws Error with every missing prerequisite, or naming the process that held the lock for longer than `waitMs`
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<Migrated> {
  const [client, lockClient] = [createMigrationClient(databaseUrl), createMigrationClient(databaseUrl)]
  try {
    await client.connect()
    // Versions of Postgres that are too old have fewer limits.
    await withMigrationLimits(client, () => checkMigration(client), 'set local statement_timeout = 0')
    await lockClient.connect()
    return await withMigrationLock(lockClient, options, () => applyMissing(client, options))
  } finally {
    await Promise.all([client.end(), lockClient.end()])
  }
}

async function applyMissing(client: pg.Client, options: MigrateOptions): Promise<Migrated> {
  const { duringDeploy = false, upTo, onWait = () => undefined, waitMs = 600_000 } = options
  const known = knownMigrations()
  const last = upTo === undefined ? known.length : known.findIndex(({ tag }) => tag === upTo) + 1
  const missing = await withMigrationLimits(client, async () => {
    await createMigrationTable(client)
    return missingMigrations(client, known.slice(0, last))
  })
  const isEmpty = missing.length === last
  const [postponed, due] = partition(missing, ({ tag }) => duringDeploy && !isEmpty && isAfterDeploy(tag))
  const files = Map.groupBy(readMigrationFiles({ migrationsFolder: folder }), (file) => file.folderMillis)
  for (const { tag, when } of due)
    for (const file of files.get(when) ?? []) await applyMigration(client, { ...file, tag }, { onWait, waitMs })
  await withMigrationLimits(client, () => ensurePartitions(client))
  if (last === known.length) await recordCluster(client, { onWait, waitMs })
  return { applied: due.map(({ tag }) => tag), postponed: postponed.map(({ tag }) => tag) }
}

const isAfterDeploy = (tag: string) => tag.endsWith('_after_deploy')

function partition<T>(items: readonly T[], matches: (item: T) => boolean): [T[], T[]] {
  return [items.filter(matches), items.filter((item) => !matches(item))]
}

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

/**
 * Checks that the program can run on this database: the version, the encoding, the schema, the rights of the role, and
 * every migration of this release, except the ones that wait for the end of the deploy. A `reader` needs no rights to
 * write. The database may have newer migrations: a migration is backwards compatible with the previous release.
 * @throws Error with the problems and their remedies
 */
export async function assertSchema(client: Queryable, use: GrantedUse = 'service'): Promise<void> {
  await checkDatabase(client, use)
  const missing = (await missingMigrations(client, knownMigrations())).filter(({ tag }) => !isAfterDeploy(tag))
  if (missing.length === 0) return
  const names = missing.map(({ tag }) => tag).join(', ')
  throw new Error(`the database lacks the migration ${names}: run \`npm run migrate\``)
}

/** Returns the names of the migrations that wait for the end of the deploy. */
export const findPostponedMigrations = async (client: Queryable): Promise<string[]> =>
  (await missingMigrations(client, knownMigrations())).flatMap(({ tag }) => (isAfterDeploy(tag) ? [tag] : []))

/** Creates the event partitions of the next four weeks. Does nothing when they exist. Needs no Redis. */
export async function ensurePartitions(client: Queryable): Promise<void> {
  await client.query('select ensure_event_partitions(4)')
}

type Queryable = Pick<pg.Client | pg.Pool, 'query'>

async function missingMigrations(client: Queryable, known: Journal['entries']): Promise<Journal['entries']> {
  const table = await client.query(`select to_regclass('drizzle.__drizzle_migrations') is not null as found`)
  const applied = table.rows[0].found
    ? await client.query('select created_at from drizzle.__drizzle_migrations')
    : { rows: [] }
  const times = new Set(applied.rows.map((row: { created_at: string }) => Number(row.created_at)))
  return known.filter((entry) => !times.has(entry.when))
}
