import { getTableName, is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import * as schema from '../schema/index.ts'

/** Tables of this program. The schema may hold tables of others too. */
const tables = Object.values(schema).flatMap((value) => (is(value, PgTable) ? [getTableName(value)] : []))

/** The rights that a program needs on the rows of every table: a service reads and writes, a reader reads. */
const rights = { service: ['select', 'insert', 'update', 'delete'], reader: ['select'] }
export type GrantedUse = keyof typeof rights

const missing = `
  select relname as name from pg_class
  where relnamespace = to_regnamespace('public') and relname = any($1)
    and exists (select from unnest($2::text[]) needed where not has_table_privilege(oid, needed))
  union all
  select 'drizzle.' || relname from pg_class
  where relnamespace = to_regnamespace('drizzle') and relname = '__drizzle_migrations'
    and not (has_schema_privilege(relnamespace, 'USAGE') and has_table_privilege(oid, 'SELECT'))
  order by name`

/**
 * Finds the tables that the role may not use as `use` needs it. Every program also reads the applied migrations.
 * @returns the problem and the statements that solve it, or nothing
 */
export async function findMissingGrants(
  client: Pick<pg.Client | pg.Pool, 'query'>,
  use: GrantedUse,
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(missing, [tables, rights[use]])
  if (rows.length === 0) return []
  return [
    `the role of DATABASE_URL lacks rights on ${rows.map(({ name }) => name).join(', ')}. Grant them:`,
    `  grant ${rights[use].join(', ')} on all tables in schema public to <role>;`,
    '  grant usage on schema drizzle to <role>; grant select on all tables in schema drizzle to <role>;',
  ]
}
