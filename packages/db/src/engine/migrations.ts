import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as runMigrations } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { sqlState } from './transaction.ts'

const maxTries = 5

const folder = fileURLToPath(new URL('../../../../drizzle', import.meta.url))

type Journal = { entries: { tag: string; when: number }[] }
const known = () => (JSON.parse(readFileSync(`${folder}/meta/_journal.json`, 'utf8')) as Journal).entries

/**
 * Brings the schema up to this program's. Any number of processes may call it at once: one works, the others wait.
 * @returns the names of the migrations that this call applied, oldest first
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'goals-tasks migrate' })
  await client.connect()
  try {
    // A session lock: it holds across the migrator's own transactions and goes with the connection.
    await client.query(`select pg_advisory_lock(hashtext('goals-tasks migrate'))`)
    const missing = await missingMigrations(client)
    await throughDeadlocks(() => runMigrations(drizzle(client), { migrationsFolder: folder }))
    await client.query('select ensure_event_partitions(4)')
    return missing
  } finally {
    await client.end()
  }
}

/** A migration that locks what running programs use may be the one that Postgres ends; all of it is rolled back then. */
async function throughDeadlocks(work: () => Promise<void>): Promise<void> {
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
 * Refuses a database that lacks a migration of this program.
 * A database that is ahead is fine: migrations only ever add until no running program needs the old shape.
 * @throws Error naming what is missing and the command that mends it
 */
export async function assertSchema(client: Queryable): Promise<void> {
  const missing = await missingMigrations(client)
  if (missing.length > 0)
    throw new Error(`the database lacks the migration ${missing.join(', ')}: run \`npm run migrate\``)
}

/** Makes the coming weeks' event partitions. Cheap when they exist; needs no Redis, so that nothing but Postgres can stop it. */
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
  return known().flatMap((entry) => (times.has(entry.when) ? [] : [entry.tag]))
}
