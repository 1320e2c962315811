import { type SQL, sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

/** The columns by which a table is read page by page, with their types. */
export type Key = readonly { column: string; type: string }[]

/** A table, and the condition for its rows. `isIndexed` says that an index leads to the rows that match. */
export type PagedTable = { from: SQL; key: Key; matches: SQL; isIndexed: boolean }

/** The place after which a page starts: the values of its key. Null is the beginning. */
export type Place = readonly string[] | null

const rowsPerPage = { indexed: 500, scanned: 2_000 }

export const columnsOf = (key: Key): SQL =>
  sql.join(
    key.map(({ column }) => sql.identifier(column)),
    sql`, `,
  )

const valuesOf = (key: Key, place: readonly string[]) =>
  sql.join(
    key.map(({ type }, i) => sql`${place[i]}::${sql.raw(type)}`),
    sql`, `,
  )

const placeOf = (key: Key) =>
  sql`array[${sql.join(
    key.map(({ column }) => sql`${sql.identifier(column)}::text`),
    sql`, `,
  )}]`

/**
 * Returns the CTE `page`: the next rows of the table with their `place`, and whether each matches (`is_match`). Without
 * an index it has every row, so that one statement reads a bounded part of the table.
 */
export function pageAfter({ from, key, matches, isIndexed }: PagedTable, after: Place, more = sql``): SQL {
  const columns = columnsOf(key)
  const start = after === null ? sql`true` : sql`(${columns}) > (${valuesOf(key, after)})`
  return sql`page as materialized (
    select ${columns}, ${placeOf(key)} as place, ${isIndexed ? sql`true` : matches} as is_match${more}
    from ${from} where ${start} ${isIndexed ? sql`and ${matches}` : sql``}
    order by ${columns} limit ${isIndexed ? rowsPerPage.indexed : rowsPerPage.scanned})`
}

/** Reads the rows that match, page by page in short statements, and yields the `json` of each page. */
export async function* readPages(db: Executor, table: PagedTable & { json: SQL }): AsyncGenerator<string[]> {
  for (let after: Place = null; ; ) {
    const page: Page = await readPage(db, table, after)
    if (page.last === null) return
    yield page.texts
    after = page.last
  }
}

type Page = { last: string[] | null; texts: string[] }

async function readPage(db: Executor, table: PagedTable & { json: SQL }, after: Place): Promise<Page> {
  const json = sql`, case when ${table.isIndexed ? sql`true` : table.matches} then ${table.json} end as json`
  const order = columnsOf(table.key)
  const rows = await executeOnce<Page>(
    db,
    sql`with ${pageAfter(table, after, json)}
        select (select place from page order by ${descending(table.key)} limit 1) as last,
               (select coalesce(json_agg(json order by ${order}) filter (where is_match), '[]') from page) as texts`,
    'user_rows_read',
  )
  return rows[0] ?? { last: null, texts: [] }
}

/** Counts the rows that match, page by page. */
export async function countMatches(db: Executor, table: PagedTable): Promise<number> {
  let count = 0
  for await (const texts of readPages(db, { ...table, json: sql`'1'` })) count += texts.length
  return count
}

/** Changes the rows that match, page by page, each page in one transaction. `signal` ends it between two pages. */
export async function rewriteMatches(
  db: Executor,
  table: PagedTable & { set: SQL },
  { from = null, signal }: { from?: Place; signal?: AbortSignal | undefined } = {},
): Promise<number> {
  let count = 0
  for (let after = from; !signal?.aborted; ) {
    const page: Rewritten = await rewritePage(db, table, after)
    count += page.changed
    if (page.last === null) break
    after = page.last
  }
  return count
}

type Rewritten = { last: string[] | null; changed: number }

async function rewritePage(db: Executor, table: PagedTable & { set: SQL }, after: Place): Promise<Rewritten> {
  const { from, key, set } = table
  const same = sql.join(
    key.map(({ column }) => sql`target.${sql.identifier(column)} = page.${sql.identifier(column)}`),
    sql` and `,
  )
  const rows = await executeOnce<Rewritten>(
    db,
    sql`with ${pageAfter(table, after)}, changed as (
          update ${from} target set ${set} from page where page.is_match and ${same} returning 1
        )
        select (select place from page order by ${descending(key)} limit 1) as last,
               (select count(*)::int from changed) as changed`,
    'user_rows_rewrite',
  )
  return rows[0] ?? { last: null, changed: 0 }
}

const descending = (key: Key) =>
  sql.join(
    key.map(({ column }) => sql`${sql.identifier(column)} desc`),
    sql`, `,
  )
