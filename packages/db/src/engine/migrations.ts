import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as runMigrations } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { sqlState } from './sql-state.ts'

const maxTries = 5

const folder = fileURLToPath(new URL('../../../../drizzle', import.meta.url))

type Journal = { entries: { tag: string; when: number }[] }
const knownMigrations = () => (JSON.parse(readFileSync(`${folder}/meta/_journal.json`, 'utf8')) as Journal).entries

/**
 * Applies the migrations of this release. Any number of processes may call it at once: one works, the others wait.
 * @returns the names of the migrations that this call applied, oldest first
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'goals-tasks migrate' })
  await client.connect()
  try {
    // A session lock outlives the migrator's own transactions and ends with the connection.
    await client.query(`select pg_advisory_lock(hashtext('goals-tasks migrate'))`)
    const missing = await missingMigrations(client)
    await retryDeadlocks(() => runMigrations(drizzle(client), { migrationsFolder: folder }))
    await ensurePartitions(client)
    return missing
  } finally {
    await client.end()
  }
}

/** Repeats `work`: when a migration deadlocks with a running process, Postgres may roll back all of the migration. */
async function retryDeadlocks(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const isDeadlock = error instanceof Error && sqlState(error.cause ?? error) === '40P01'
      if (!isDeadlock || attempt === maxTries) throw error
    }
  }
}

/**
 * Checks that the database has every migration of this release. It may have newer ones: a migration is backwards
 * compatible with the previous release.
 * @throws Error naming the missing migrations and the command that applies them
 */
export async function assertSchema(client: Queryable): Promise<void> {
  const missing = await missingMigrations(client)
  if (missing.length > 0)
    throw new Error(`the database lacks the migration ${missing.join(', ')}: run \`npm run migrate\``)
}

/** Creates the event partitions of the next four weeks. Does nothing when they exist. Needs no Redis. */
export async function ensurePartitions(client: Queryable): Promise<void> {
  await client.query('select ensure_event_partitions(4)')
}

type Queryable = Pick<pg.Client | pg.Pool, 'query'>

async function missingMigrations(client: Queryable): Promise<string[]> {
  const table = await client.query(`select to_regclass('drizzle.__drizzle_migrations') is not null as found`)
  const applied = table.rows[0].found
    ? await client.query('select created_at from drizzle.__drizzle_migrations')
    : { rows: [] }
  const times = new Set(applied.rows.map((row: { created_at: string }) => Number(row.created_at)))
  return knownMigrations().flatMap((entry) => (times.has(entry.when) ? [] : [entry.tag]))
}
