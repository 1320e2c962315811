import { is, Placeholder, type SQL, sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { createNaturalBatch } from './natural-batch.ts'
import { type Executor, prepareStatement } from './statement.ts'

const dialect = new PgDialect()
/** Few at a time make the batches large; more than one, so that one that hangs does not hold up all. */
const limits = { maxInFlight: 3, maxInputs: 100, maxQueued: 5_000, maxWaitMs: 10_000 }

type Values = Record<string, unknown>

/**
 * A question for at most one row, as of `prepareStatement`, of which those that come while others are under way on the
 * same pool share a round trip. Each is answered by itself: `query` is evaluated per question, with its own values.
 * Every placeholder of `query` has a cast behind it.
 * @returns a function of the placeholders' values, giving the row, or undefined when there is none
 * @throws Overloaded as `createNaturalBatch`
 */
export function prepareLookup<Row>(name: string, query: SQL) {
  const { all, names } = batched(query)
  const statement = prepareStatement<Row & { n: number }>(name, all)

  async function ask(on: Executor, questions: readonly Values[]): Promise<(Row | undefined)[]> {
    const columns = names.map((each) => [each, questions.map((question) => question[each])])
    const rows = await statement(on, Object.fromEntries(columns))
    const answers = new Map(rows.map(({ n, ...row }) => [n, row as Row]))
    return questions.map((_, i) => answers.get(i + 1))
  }

  const batches = new WeakMap<Executor, (question: Values) => Promise<Row | undefined>>()
  return (on: Executor, question: Values): Promise<Row | undefined> => {
    const batch =
      batches.get(on) ?? createNaturalBatch<Values, Row | undefined>((questions) => ask(on, questions), limits)
    batches.set(on, batch)
    return batch(question)
  }
}

/**
 * The query for many: its placeholders are columns of the rows that ask, and `n` says whose answer a row is.
 * The limit keeps it from being joined: planned while a table is small, that would read the whole table ever after.
 */
function batched(query: SQL): { all: SQL; names: string[] } {
  const { sql: one, params } = dialect.sqlToQuery(query)
  const asked = params.map((param) => {
    if (is(param, Placeholder)) return String(param.name)
    throw new Error('a value that never changes belongs into the text')
  })
  const names = [...new Set(asked)]
  const inner = sql.raw(one.replaceAll(/\$(\d+)/g, (_, place) => `input."${asked[Number(place) - 1]}"`))
  const arrays = names.map((each) => sql`${sql.placeholder(each)}::text[]`)
  const columns = [...names, 'n'].map((each) => sql.identifier(each))
  const all = sql`select n::int, found.* from unnest(${sql.join(arrays, sql`, `)}) with ordinality input(${sql.join(columns, sql`, `)})
    cross join lateral (${inner} limit 1) found`
  return { all, names }
}
