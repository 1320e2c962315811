import { is, Placeholder, type SQL, sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { createNaturalBatch } from './natural-batch.ts'
import { type Executor, prepareStatement } from './statement.ts'
import { waitsOf } from './waits.ts'

const dialect = new PgDialect()
/** Few batches at a time become large. With more than one, a batch that hangs does not block all lookups. */
const limits = { maxInFlight: 3, maxInputs: 100, maxQueued: 5_000, maxWaitMs: 10_000 }

type Values = Record<string, unknown>

/**
 * Prepares a query for at most one row. Lookups that come while others are in flight on the same pool share a round
 * trip. Postgres evaluates `query` once per lookup with its own values, so no lookup sees the row of another. `query`
 * names the type of each placeholder, as in `${sql.placeholder('id')}::uuid`.
 * @returns a function from the values of the placeholders to the row, or to undefined when no row matches
 * @throws Overloaded as `createNaturalBatch` does
 */
export function prepareLookup<Row>(name: string, query: SQL) {
  const { all, names } = batched(query)
  const statement = prepareStatement<Row & { n: number }>(name, all)

  async function loadRows(db: Executor, lookups: readonly Values[]): Promise<(Row | undefined)[]> {
    const columns = names.map((each) => [each, lookups.map((lookup) => lookup[each])])
    const rows = await statement(db, Object.fromEntries(columns), lookups.length)
    const found = new Map(rows.map(({ n, ...row }) => [n, row as Row]))
    return lookups.map((_, i) => found.get(i + 1))
  }

  const batches = new WeakMap<Executor, (lookup: Values) => Promise<Row | undefined>>()
  return (db: Executor, lookup: Values): Promise<Row | undefined> => {
    const batch =
      batches.get(db) ??
      createNaturalBatch<Values, Row | undefined>((lookups) => loadRows(db, lookups), limits, {
        waits: waitsOf(db).reads,
      })
    batches.set(db, batch)
    return batch(lookup)
  }
}

/**
 * Returns the query over many lookups: each lookup is a row of `input`, its values are columns, and `n` is its number.
 * `limit 1` prevents a join. Postgres would plan a join while the table is small, and then always read the whole table.
 */
function batched(query: SQL): { all: SQL; names: string[] } {
  const { sql: one, params } = dialect.sqlToQuery(query)
  const placeholders = params.map((param) => {
    if (is(param, Placeholder)) return String(param.name)
    throw new Error('A lookup takes placeholders only. Write a constant value into the text of the query.')
  })
  const names = [...new Set(placeholders)]
  const inner = sql.raw(one.replaceAll(/\$(\d+)/g, (_, place) => `input."${placeholders[Number(place) - 1]}"`))
  const arrays = names.map((each) => sql`${sql.placeholder(each)}::text[]`)
  const columns = [...names, 'n'].map((each) => sql.identifier(each))
  const all = sql`select n::int, found.*
    from unnest(${sql.join(arrays, sql`, `)}) with ordinality input(${sql.join(columns, sql`, `)})
    cross join lateral (${inner} limit 1) found`
  return { all, names }
}
