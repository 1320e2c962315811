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

/**
 * A list, newest first, that pages by key: each page costs the same, and rows that come or go meanwhile neither repeat nor hide others.
 * `select` gives the statement for conditions that begin with `and`; one is prepared per combination of filters.
 */
export function createList(name: string, select: (conditions: SQL) => SQL) {
  const statements = new Map<string, ReturnType<typeof prepareStatement<ListRow>>>()

  function statementFor(filters: readonly Filter[], paging: boolean) {
    const shape = [...filters.map((filter) => filter.name), ...(paging ? ['after'] : [])].join('_')
    const conditions = [...filters.map((filter) => sql`and ${filter.condition}`), ...(paging ? [after] : [])]
    const statement =
      statements.get(shape) ??
      prepareStatement<ListRow>(`${name}_${digest(shape)}`, select(sql.join(conditions, sql` `)))
    statements.set(shape, statement)
    return statement
  }

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
    const binding = bind(name, query.filters)
    const place = query.cursor === undefined ? undefined : parseCursor(query.cursor, binding)
    const values = Object.fromEntries(query.filters.map((filter) => [filter.name, filter.value]))
    const statement = statementFor(query.filters, place !== undefined)
    const rows = await statement(on, {
      ...query.values,
      ...values,
      afterAt: place?.at,
      afterId: place?.id,
      limit: query.limit + 1,
    })
    return toPage(query.extend ? await query.extend(rows) : rows, query.limit, binding)
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

function toPage(rows: ListRow[], limit: number, binding: string): Page {
  return pageOf(rows, limit, ({ text }) => {
    const { createdAt, id } = JSON.parse(text) as { createdAt: string; id: string }
    return Buffer.from(JSON.stringify([1, binding, createdAt, id])).toString('base64url')
  })
}

/** A page out of `limit` + 1 rows: the rows are finished JSON, joined and never parsed. */
export function pageOf<R extends { text: string }>(
  rows: readonly R[],
  limit: number,
  cursorAfter: (last: R) => string,
): Page {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const hasMore = rows.length > limit
  const nextCursor = hasMore && last ? cursorAfter(last) : null
  const text = `{"data":[${shown.map((row) => row.text).join(',')}],"page":${JSON.stringify({ nextCursor, hasMore })}}`
  return { text, next: nextCursor, empty: shown.length === 0 }
}

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
