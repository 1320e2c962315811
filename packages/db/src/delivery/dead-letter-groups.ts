import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'
import { type DeadLetterFilter, matching } from './dead-letters.ts'

/** Dead letters of one consumer whose errors differ only in their ids and long numbers. */
export type DeadLetterGroup = {
  consumer: string
  /** The error with `#` in place of each UUID and each number of four digits or more. */
  error: string
  count: number
  /** RFC 3339, UTC. */
  firstDiedAt: string
  lastDiedAt: string
  newestId: string
}

const maxGrouped = 10_000
const maxGroups = 50
const maxErrorLength = 300
const variableParts = String.raw`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4,}`

/** Groups the newest ten thousand dead letters that match by their error. Returns the fifty largest groups. */
export const groupDeadLetters = (db: Executor, filter: DeadLetterFilter): Promise<DeadLetterGroup[]> =>
  executeOnce<DeadLetterGroup>(
    db,
    sql`
    select consumer, error, count(*)::int as count, rfc3339(min(died_at)) as "firstDiedAt",
           rfc3339(max(died_at)) as "lastDiedAt", (array_agg(id order by id desc))[1] as "newestId"
    from (
      select id, consumer, died_at,
             regexp_replace(left(error, ${maxErrorLength}), ${variableParts}, '#', 'gi') as error
      from dead_letters where ${matching(filter)} order by id desc limit ${maxGrouped}
    ) newest
    group by consumer, error order by count desc, consumer, error limit ${maxGroups}`,
    'dead_letters_group',
  )
