import { fillPlaceholders, type SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type pg from 'pg'

const dialect = new PgDialect()

/** A pool, or one of its clients inside a transaction. */
export type Executor = Pick<pg.Pool | pg.PoolClient, 'query'>

/**
 * A statement that Postgres parses and plans once per connection under `name`; Node builds its text once per process.
 * `query` uses `sql.placeholder(x)` for what changes and lists its columns: a plan over `*` breaks when one is added.
 * @returns a function of the placeholders' values, giving the rows
 */
export function prepareStatement<Row>(name: string, query: SQL) {
  // Postgres cuts a longer name, and two that begin alike would be one.
  if (Buffer.byteLength(name) > 63) throw new Error(`the statement name ${name} is too long`)
  const { sql: text, params } = dialect.sqlToQuery(query)
  return async (on: Executor, values: Record<string, unknown>): Promise<Row[]> => {
    const result = await on.query({ name, text, values: fillPlaceholders(params, values) })
    return result.rows as Row[]
  }
}

/** As a statement of `prepareStatement`, but planned for its values: right where partitions are to be pruned, or for rare work. */
export async function executeOnce<Row>(on: Executor, query: SQL): Promise<Row[]> {
  const { sql: text, params } = dialect.sqlToQuery(query)
  const result = await on.query({ text, values: params })
  return result.rows as Row[]
}
