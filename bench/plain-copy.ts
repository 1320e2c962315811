import type pg from 'pg'

/** Bytes on disk: the table with TOAST and both maps, and the table with its indexes. */
export type Sizes = { table: number; total: number }

export async function sizeOf(pool: pg.Pool, table: string): Promise<Sizes> {
  const { rows } = await pool.query<Sizes>(
    `select pg_table_size($1::regclass)::float8 as table, pg_total_relation_size($1::regclass)::float8 as total`,
    [table],
  )
  return rows[0] ?? { table: 0, total: 0 }
}

/**
 * Returns the sizes of a copy of `tasks` with the same plain columns, rows and indexes in full pages: without stored
 * JSON and without free space.
 */
export async function sizeOfPlainCopy(pool: pg.Pool): Promise<Sizes> {
  await pool.query('create table plain (like tasks including indexes excluding generated)')
  await pool.query('alter table plain drop column if exists representation')
  const { rows } = await pool.query<{ names: string }>(
    `select string_agg(quote_ident(attname), ', ') as names from pg_attribute
     where attrelid = 'plain'::regclass and attnum > 0 and not attisdropped`,
  )
  await pool.query(`insert into plain (${rows[0]?.names}) select ${rows[0]?.names} from tasks`)
  await pool.query('vacuum full plain')
  const sizes = await sizeOf(pool, 'plain')
  await pool.query('drop table plain')
  return sizes
}
