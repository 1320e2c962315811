import { isUuid } from '@goals-tasks/config/uuid'
import { type Executor, prepareStatement } from '@goals-tasks/db'
import { type Page, Problem, pageOf } from '@goals-tasks/http'
import { type SQL, sql } from 'drizzle-orm'
import { decodeCursor, encodeCursor } from './cursor-text.ts'

type IdQuery = { limit: number; cursor?: string | undefined; values: Record<string, unknown> }

/** The id before which a page begins. Ids contain their time, so they sort by time. */
export const beforeId = sql`${sql.placeholder('before')}::uuid`
export const pageLimit = sql`${sql.placeholder('limit')}::int`

const afterAllIds = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/**
 * Creates a list whose order is the one of its ids, newest first. `select` returns `id` and `text` of at most
 * `pageLimit` rows before `beforeId`, in that order.
 */
export function createIdList(name: string, select: SQL) {
  const statement = prepareStatement<{ id: string; text: string }>(name, select)
  return async (db: Executor, { limit, cursor, values }: IdQuery): Promise<Page> => {
    const before = cursor === undefined ? afterAllIds : parseCursor(name, cursor)
    const rows = await statement(db, { ...values, before, limit: limit + 1 })
    return pageOf(rows, limit, ({ id }) => encodeCursor([1, name, id]))
  }
}

function parseCursor(name: string, cursor: string): string {
  const [version, list, id] = decodeCursor(cursor)
  if (version === 1 && list === name && typeof id === 'string' && isUuid(id)) return id
  throw new Problem('cursor-mismatch', 'The cursor does not belong to this list. Start again without it.')
}
