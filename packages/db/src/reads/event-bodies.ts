import { type SQL, sql } from 'drizzle-orm'

/**
 * Whether a milestone may refer to the bodies of the primary event of its version, an event may store the changed
 * members of the state before it only, and an audit row may refer to the row of the version before. Programs of the
 * previous release expect whole bodies in each row, so the migration that ends the deploy makes the column nullable.
 * Postgres reads this at most once per statement and use.
 */
export const bodiesAreStoredOnce = sql`(
  select not attnotnull from pg_attribute where attrelid = 'events'::regclass and attname = 'after')`

/**
 * The whole state (jsonb) before the event `row`. Null without one. The column `before` has the members that differ
 * from `after`, or all of them.
 */
export const stateBefore = (row: string) =>
  sql`${sql.identifier(row)}.after::jsonb || ${sql.identifier(row)}.before::jsonb`

const storedBody = (body: 'before' | 'after', row: string) =>
  body === 'before' ? stateBefore(row) : sql`${sql.identifier(row)}.after`

/** Two rows of one statement have ids that differ by less, because a transaction ends after 60 s. */
const longestStatement = sql`interval '2 minutes'`

/**
 * The whole state `before` (jsonb) or `after` (json) the event `e`. A milestone without bodies has those of the primary
 * event of its version, which the same statement inserted before it. `from` and `to` are the lowest and the highest id
 * of the events `e`: parameters in their place let Postgres select the weeks before it reads. The order makes the key
 * as good a way to that event as the index of the entity: it is the nearest one below, and Postgres may choose either.
 */
export const bodyOf = (
  body: 'before' | 'after',
  { from, to }: { from: SQL; to: SQL } = { from: sql`e.id`, to: sql`e.id` },
) => sql`
  case when e.after is null then (
    select ${storedBody(body, 'p')} from events p
    where p.aggregate_id = e.aggregate_id and p.aggregate_version = e.aggregate_version and p.ordinal = 0
      and p.id between uuidv7_floor(uuid_extract_timestamp(${from}) - ${longestStatement}) and ${to}
      and p.id <= e.id
    order by p.id desc limit 1
  ) else ${storedBody(body, 'e')} end`
