import { getTableName, is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import * as schema from '../schema/index.ts'

/** Tables of this program. The schema may hold tables of others too. */
const tables = Object.values(schema).flatMap((value) => (is(value, PgTable) ? [getTableName(value)] : []))

const missing = `
  select relname as name from pg_class
  where relnamespace = to_regnamespace('public') and relname = any($1)
    and not (has_table_privilege(oid, 'SELECT') and has_table_privilege(oid, 'INSERT')
             and has_table_privilege(oid, 'UPDATE') and has_table_privilege(oid, 'DELETE'))
  union all
  select 'drizzle.' || relname from pg_class
  where relnamespace = to_regnamespace('drizzle') and relname = '__drizzle_migrations'
    and not (has_schema_privilege(relnamespace, 'USAGE') and has_table_privilege(oid, 'SELECT'))
  order by name`

/**
 * Finds the tables that the role of a service may not use. A service reads and writes the rows of every table, and
 * reads the applied migrations.
 * @returns the problem and the statements that solve it, or nothing
 */
export async function findMissingGrants(client: Pick<pg.Client | pg.Pool, 'query'>): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(missing, [tables])
  if (rows.length === 0) return []
  return [
    `the role of DATABASE_URL lacks rights on ${rows.map(({ name }) => name).join(', ')}. Grant them:`,
    '  grant select, insert, update, delete on all tables in schema public to <role>;',
    '  grant usage on schema drizzle to <role>; grant select on all tables in schema drizzle to <role>;',
  ]
}
