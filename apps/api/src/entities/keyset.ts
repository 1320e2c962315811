import { createHash } from 'node:crypto'
import { deleted, type Executor, live, prepareStatement } from '@goals-tasks/db'
import { type SQL, sql } from 'drizzle-orm'
import { Problem } from '../errors.ts'

/** One row of a list: its JSON, which also tells its place in the order (createdAt, id). */
export type ListRow = { text: string }
/** `next` is the cursor of the page after it. */
export type Page = { text: string; next: string | null; empty: boolean }

/** A filter that is in force: its name, its condition over a placeholder of that name, and the value. */
export type Filter = { name: string; condition: SQL; value: unknown }

const newestFirst = sql`order by created_at desc, id desc limit ${sql.placeholder('limit')}::int`
const after = sql`and (created_at, id) < (${sql.placeholder('afterAt')}::timestamptz, ${sql.placeholder('afterId')}::uuid)`

/** A page put together by Postgres: one text is a good deal cheaper to send and to read than fifty. */
type WholePage = { text: string | null; last: string | null; found: number }
const wholePage = (rows: SQL) => sql`
  select string_agg(text, ',' order by place) filter (where place < ${sql.placeholder('limit')}::int) as text,
         max(text) filter (where place = ${sql.placeholder('limit')}::int - 1) as last, count(*)::int as found
  from (select text, row_number() over () as place from (${rows}) listed) placed`

/**
 * A list, newest first, that pages by key: each page costs the same, and rows that come or go meanwhile neither repeat nor hide others.
 * `select` gives the statement for conditions that begin with `and`; one is prepared per combination of filters.
 */
export function createList(name: string, select: (conditions: SQL) => SQL) {
  const prepared = <Row>(kind: string, shaped: (rows: SQL) => SQL) => {
    const statements = new Map<string, ReturnType<typeof prepareStatement<Row>>>()
    return (filters: readonly Filter[], paging: boolean) => {
      const shape = [...filters.map((filter) => filter.name), ...(paging ? ['after'] : [])].join('_')
      const conditions = [...filters.map((filter) => sql`and ${filter.condition}`), ...(paging ? [after] : [])]
      const statement =
        statements.get(shape) ??
        prepareStatement<Row>(`${name}_${kind}_${digest(shape)}`, shaped(select(sql.join(conditions, sql` `))))
      statements.set(shape, statement)
      return statement
    }
  }
  const pageOfShape = prepared<WholePage>('page', wholePage)
  const rowsOfShape = prepared<ListRow>('rows', (rows) => rows)

  return async (
    on: Executor,
    query: {
      limit: number
      cursor?: string | undefined
      filters: readonly Filter[]
      values: Record<string, unknown>
      /** Adds to the rows what is not in them. */
      extend?: (rows: ListRow[]) => Promise<ListRow[]>
    },
  ): Promise<Page> => {
    const { limit, filters, extend } = query
    const binding = bind(name, filters)
    const place = query.cursor === undefined ? undefined : parseCursor(query.cursor, binding)
    const values = {
      ...query.values,
      ...Object.fromEntries(filters.map((filter) => [filter.name, filter.value])),
      ...{ afterAt: place?.at, afterId: place?.id, limit: limit + 1 },
    }
    const cursorAfter = ({ text }: ListRow) => {
      const { createdAt, id } = JSON.parse(text) as { createdAt: string; id: string }
      return Buffer.from(JSON.stringify([1, binding, createdAt, id])).toString('base64url')
    }
    if (extend)
      return pageOf(await extend(await rowsOfShape(filters, place !== undefined)(on, values)), limit, cursorAfter)
    const [page] = await pageOfShape(filters, place !== undefined)(on, values)
    const { text, last, found } = page ?? { text: null, last: null, found: 0 }
    return toPage(text ?? '', found > limit && last !== null ? cursorAfter({ text: last }) : null, found === 0)
  }
}

/** What is older counts as purged, whether or not it is already. */
const recoverable = sql`${deleted} and deleted_at > now() - make_interval(days => ${sql.placeholder('retentionDays')}::int)`

/**
 * A list by what `deleted=` asks for: live rows, deleted ones, or both, each half along an index of its own.
 * `text` is the JSON of a row; `source` is the rest of its selection, from `from` on, for a liveness and further conditions,
 * without an order.
 */
export function createListByDeletion(name: string, text: SQL, source: (liveness: SQL, conditions: SQL) => SQL) {
  const half = (columns: SQL, liveness: SQL, conditions: SQL) =>
    sql`select ${columns} ${source(liveness, conditions)} ${newestFirst}`
  const one = sql`${text} as text`
  // Only a union needs the place itself to be put in order; elsewhere it would be sent for nothing.
  const both = sql`${one}, created_at, id`
  return {
    exclude: createList(name, (conditions) => half(one, live, conditions)),
    only: createList(`${name}_deleted`, (conditions) => half(one, recoverable, conditions)),
    include: createList(
      `${name}_all`,
      (conditions) =>
        sql`select text from ((${half(both, live, conditions)}) union all (${half(both, recoverable, conditions)})) all_rows ${newestFirst}`,
    ),
  }
}

/** A page out of `limit` + 1 rows: the rows are finished JSON, joined and never parsed. */
export function pageOf<R extends { text: string }>(
  rows: readonly R[],
  limit: number,
  cursorAfter: (last: R) => string,
): Page {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const next = rows.length > limit && last ? cursorAfter(last) : null
  return toPage(shown.map((row) => row.text).join(','), next, shown.length === 0)
}

const toPage = (data: string, next: string | null, empty: boolean): Page => ({
  text: `{"data":[${data}],"page":${JSON.stringify({ nextCursor: next, hasMore: next !== null })}}`,
  ...{ next, empty },
})

/** A cursor continues one list under one set of filters. It grants nothing: ownership is in the query. */
const bind = (name: string, filters: readonly Filter[]) =>
  digest(JSON.stringify([name, filters.map((filter) => [filter.name, filter.value])]))

const digest = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 12)

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function parseCursor(cursor: string, binding: string): { at: string; id: string } {
  const [version, bound, at, id] = decode(cursor)
  if (
    version !== 1 ||
    bound !== binding ||
    typeof at !== 'string' ||
    typeof id !== 'string' ||
    !instant.test(at) ||
    Number.isNaN(Date.parse(at)) ||
    !uuid.test(id)
  ) {
    throw new Problem(
      'cursor-mismatch',
      'The cursor is not one of this list with these filters: begin again without it.',
    )
  }
  return { at, id }
}

function decode(cursor: string): unknown[] {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(decoded) ? decoded : []
  } catch {
    return []
  }
}
