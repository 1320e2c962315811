import { inSpan, SpanKind } from '@goals-tasks/tracing'
import { fillPlaceholders, type SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { retryConflicts } from './conflicts.ts'
import type { LabelledQuery } from './observe-queries.ts'

const dialect = new PgDialect()

/** A pool, or one of its clients inside a transaction. */
export type Executor = Pick<pg.Pool | pg.PoolClient, 'query'>

/**
 * Prepares a statement. Postgres parses and plans it once per connection under `name`. Node builds its text at the
 * first call, because a process uses only some of the statements. `query` uses `sql.placeholder(x)` for values. It
 * lists its columns: a plan over `*` breaks when a column is added. Metrics show `label`, which is one of a bounded
 * set; statements of one kind share it.
 * @returns a function from the values of the placeholders, and the number of calls that share them, to the rows
 * @throws Error when Postgres would truncate the name, because two truncated names could be equal
 */
export function prepareStatement<Row>(name: string, query: SQL, label = name) {
  if (Buffer.byteLength(name) > 63) throw new Error(`the statement name ${name} is longer than 63 bytes`)
  let built: ReturnType<typeof dialect.sqlToQuery> | undefined
  return async (db: Executor, values: Record<string, unknown>, inputs?: number): Promise<Row[]> => {
    built ??= dialect.sqlToQuery(query)
    const { sql: text, params } = built
    const result = await send(db, { name, text, values: fillPlaceholders(params, values), label, inputs })
    return result.rows as Row[]
  }
}

/**
 * Executes a statement that Postgres plans again at each call. Use it for rare work. Metrics show `label`, which is one
 * of a bounded set.
 */
export async function executeOnce<Row>(db: Executor, query: SQL, label = 'unnamed'): Promise<Row[]> {
  const { sql: text, params } = dialect.sqlToQuery(query)
  const result = await send(db, { text, values: params, label })
  return result.rows as Row[]
}

/** On a pool, a statement is a transaction of its own and may be repeated. In a transaction, all of it has failed. */
const send = (db: Executor, query: LabelledQuery): Promise<pg.QueryResult> =>
  inSpan(query.label, statementSpan, () =>
    db instanceof pg.Pool ? retryConflicts(() => db.query(query)) : db.query(query),
  )

/** The options of the span of any statement. */
export const statementSpan = { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql' } }
