import { isUuid } from '@goals-tasks/config/uuid'
import { deleted, type Executor, live, prepareStatement } from '@goals-tasks/db'
import { rowSeparator as between, type Page, Problem, toPage } from '@goals-tasks/http'
import { type SQL, sql } from 'drizzle-orm'
import { decodeCursor, digest, encodeCursor } from './cursor-text.ts'

/** An active filter: its name, its condition over a placeholder of that name, and the value. */
export type Filter = { name: string; condition: SQL; value: unknown }

/** The order of every list, and its limit. */
export const newestFirst = sql`order by created_at desc, id desc limit ${sql.placeholder('limit')}::int`
const after = sql`and (created_at, id)
  < (${sql.placeholder('afterAt')}::timestamptz, ${sql.placeholder('afterId')}::uuid)`

/** Joins a page into one text, which is cheaper to send than fifty. The rows are in order, so nothing is sorted. */
type Rows = { text: string | null; found: number }
const asOne = (rows: SQL) =>
  sql`select string_agg(text, ${between} order by created_at desc, id desc) as text, count(*)::int as found
      from (${rows}) listed`

/**
 * Creates a list, newest first, with keyset paging: each page costs the same, and rows that appear or disappear
 * meanwhile do not repeat or hide others. `select` returns the statement of the rows' `text`, `created_at` and `id` for
 * conditions that begin with `and`. One statement is prepared per combination of filters.
 */
export function createList(name: string, select: (conditions: SQL) => SQL) {
  const prepared = new Map<string, ReturnType<typeof prepareStatement<Rows>>>()
  function statementFor(filters: readonly Filter[], paging: boolean) {
    const shape = [...filters.map((filter) => filter.name), ...(paging ? ['after'] : [])].join('_')
    const known = prepared.get(shape)
    if (known) return known
    const conditions = [...filters.map((filter) => sql`and ${filter.condition}`), ...(paging ? [after] : [])]
    const page = asOne(select(sql.join(conditions, sql` `)))
    const statement = prepareStatement<Rows>(`${name}_${digest(shape)}`, page, name)
    prepared.set(shape, statement)
    return statement
  }

  return async (
    db: Executor,
    query: {
      limit: number
      cursor?: string | undefined
      filters: readonly Filter[]
      values: Record<string, unknown>
      /** Adds members to the rows, which are JSON texts. */
      extend?: (rows: string[]) => Promise<string[]>
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
    const [rows] = await statementFor(filters, place !== undefined)(db, values)
    const all = rows?.text ?? ''
    const hasMore = (rows?.found ?? 0) > limit
    const shown = hasMore ? all.slice(0, all.lastIndexOf(between)) : all
    const next = hasMore ? cursorAfter(shown.slice(shown.lastIndexOf(between) + 1), binding) : null
    return toPage(extend && shown ? (await extend(shown.split(between))).join(between) : shown, next)
  }
}

/** Returns the cursor of the rows after `row`. A line end before the row does no harm. */
function cursorAfter(row: string, binding: string): string {
  const { createdAt, id } = JSON.parse(row) as { createdAt: string; id: string }
  return encodeCursor([1, binding, createdAt, id])
}

/** Deleted rows within the retention. Older ones count as purged, whether a worker has purged them or not. */
const recoverable = sql`${deleted}
  and deleted_at > now() - make_interval(days => ${sql.placeholder('retentionDays')}::int)`

/**
 * Creates the lists for `deleted=`: live rows, deleted rows, or both, each half along an index of its own.
 * `text` is the JSON of a row. `source` returns the rest of the selection, from `from` on, for a liveness and further
 * conditions, without an order.
 */
export function createListByDeletion(name: string, text: SQL, source: (liveness: SQL, conditions: SQL) => SQL) {
  const half = (liveness: SQL, conditions: SQL) =>
    sql`select ${text} as text, created_at, id ${source(liveness, conditions)} ${newestFirst}`
  return {
    exclude: createList(name, (conditions) => half(live, conditions)),
    only: createList(`${name}_deleted`, (conditions) => half(recoverable, conditions)),
    include: createList(
      `${name}_all`,
      (conditions) =>
        sql`select * from ((${half(live, conditions)}) union all (${half(recoverable, conditions)})) all_rows
            ${newestFirst}`,
    ),
  }
}

/** Binds a cursor to one list and one set of filters. A cursor grants no access: ownership is in the query. */
const bind = (name: string, filters: readonly Filter[]) =>
  digest(JSON.stringify([name, filters.map((filter) => [filter.name, filter.value])]))

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

function parseCursor(cursor: string, binding: string): { at: string; id: string } {
  const [version, bound, at, id] = decodeCursor(cursor)
  if (
    version !== 1 ||
    bound !== binding ||
    typeof at !== 'string' ||
    typeof id !== 'string' ||
    !instant.test(at) ||
    Number.isNaN(Date.parse(at)) ||
    !isUuid(id)
  ) {
    throw new Problem(
      'cursor-mismatch',
      'The cursor does not belong to this list with these filters. Start again without it.',
    )
  }
  return { at, id }
}
