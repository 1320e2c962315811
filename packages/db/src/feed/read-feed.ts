import { sql } from 'drizzle-orm'
import { uuid } from '../engine/parameters.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import { bodyOf } from '../reads/event-bodies.ts'
import { visibilityOr } from '../reads/event-visibility.ts'
import { instantToJson } from '../reads/row-to-text.ts'
import { alsoRemoved } from './also-removed.ts'

/**
 * The snapshot before every transaction: a reader with it has seen nothing. Snapshots are texts of `pg_snapshot`:
 * `xmin:xmax:xid,…`, with the transactions that were open.
 */
export const emptySnapshot = '1:1:'

/** The last delivered event of a window. `part` 0 holds the transactions below every open one, 1 the others. */
export type FeedPlace = { part: 0 | 1; xid: string; position: string }

/**
 * The events to read: the ones that are visible in the snapshot `to` and were not in `from`, after the place `after`.
 * Without `to`, the events that are visible now.
 */
export type FeedWindow = { from: string; to: string | null; after: FeedPlace | null }

/** The users and kinds of events. `types` null means every type. */
export type FeedFilter = { readerId: string; entities: readonly string[]; types: readonly string[] | null }

/** The epoch, the present snapshot, and the instant at which it was taken, in Unix milliseconds. */
export type FeedSnapshot = { epoch: number; snapshot: string; takenAtMs: number }

/** An event as its reader may see it. `text` is null when the filter leaves the event out. */
export type FeedRow = FeedPlace & { text: string | null }

/** `isKnown` is false when the snapshot `from` is of a later time than this database has reached. */
export type FeedPage = FeedSnapshot & { isKnown: boolean; rows: FeedRow[] }

const maxOpenTransactions = 64

/**
 * The present snapshot. With many open transactions it is the one before the oldest of them, so that a cursor stays
 * small. The feed then waits for that transaction.
 */
const presentSnapshot = sql`(
    select case when (select count(*) from pg_snapshot_xip(present)) <= ${sql.raw(String(maxOpenTransactions))}
      then present else format('%s:%s:', pg_snapshot_xmin(present), pg_snapshot_xmin(present))::pg_snapshot end
    from pg_current_snapshot() present)`
/** The present instant by the clock of Postgres, in Unix milliseconds. */
export const presentMs = sql`(extract(epoch from clock_timestamp()) * 1000)::float8`

const takeSnapshot = prepareStatement<FeedSnapshot>(
  'feed_snapshot',
  sql`select epoch, ${presentSnapshot}::text as snapshot, ${presentMs} as "takenAtMs" from installation`,
)

/** Returns the present snapshot. Every event that commits later is read by a window from it. */
export async function takeFeedSnapshot(db: Executor): Promise<FeedSnapshot> {
  const [taken] = await takeSnapshot(db, {})
  if (!taken) throw new Error('the table installation is empty: run `npm run migrate`')
  return taken
}

const readerId = uuid('readerId')
const limit = sql`${sql.placeholder('limit')}::int`
const columns = sql`xid, position, event_id, visibility`
const unseen = sql`reader_id = ${readerId} and event_readers.epoch = feed_window.epoch
  and not pg_visible_in_snapshot(xid, seen)`

/**
 * Part 0 has the transactions below every one that is open in the snapshot `target`, in the order of the key.
 * The other part is small, and its order is the one of the writes.
 */
const placesInWindow = sql`
  (select 0 as part, ${columns} from event_readers
   where ${unseen} and xid >= pg_snapshot_xmin(seen) and xid < pg_snapshot_xmin(target)
     and (xid, position) > (${sql.placeholder('endedXid')}::xid8, ${sql.placeholder('endedPosition')}::bigint)
     and ${sql.placeholder('withEnded')}::boolean
   order by xid, position limit ${limit})
  union all
  (select 1 as part, ${columns} from event_readers
   where ${unseen} and xid >= pg_snapshot_xmin(target) and pg_visible_in_snapshot(xid, target)
     and position > ${sql.placeholder('position')}::bigint
   order by position limit ${limit})`

/** The next places of the window, in its order. Join it laterally with the CTE `feed_window`. */
export const placesInOrder = sql`
  select * from (${placesInWindow}) places order by part, case when part = 0 then xid end, position limit ${limit}`

/** The CTE `feed_window`: the window that the parameters of `windowValues` name, and whether this database knows it. */
export const feedWindow = sql`feed_window as materialized (
        select epoch, ${sql.placeholder('from')}::pg_snapshot as seen,
               coalesce(${sql.placeholder('to')}::pg_snapshot, ${presentSnapshot}) as target,
               pg_snapshot_xmax(${sql.placeholder('from')}::pg_snapshot)
                 <= pg_snapshot_xmax(pg_current_snapshot()) as is_known
        from installation where id = 1
      )`

/** Returns the parameter values of a window. */
export const windowValues = ({ from, to, after }: FeedWindow) => ({
  ...{ from, to },
  withEnded: after?.part !== 1,
  endedXid: after?.part === 0 ? after.xid : '0',
  endedPosition: after?.part === 0 ? after.position : '0',
  position: after?.part === 1 ? after.position : '0',
})

const visibility = visibilityOr(sql`place.visibility`, readerId, sql`bodies`)

const head = sql`'{"id":"' || e.id || '","type":"' || e.type || '","entityType":"' || e.aggregate_type
    || '","entityId":"' || e.aggregate_id || '","version":' || e.aggregate_version
    || ',"occurredAt":' || ${instantToJson(sql`e.occurred_at`)}`
const orNull = (json: ReturnType<typeof sql>) => sql`coalesce((${json})::text, 'null')`

const entities = sql`${sql.placeholder('entities')}::text[]`
const hidden = sql`coalesce(',"alsoRemoved":' || (${alsoRemoved(readerId, entities)})::text, '')`

/**
 * The states of the event `e`. `offset 0` keeps Postgres from joining them again wherever one is read: a page of
 * updates took twice as long.
 */
const statesOfEvent = sql`select ${bodyOf('before')} as before, ${bodyOf('after')} as after offset 0`

/** The JSON of an event. A reader who lost the entity gets neither state, and no reason. */
const eventText = sql`case when shown.visibility = 'lost' then ${head} || ',"removed":true' else ${head}
    || ',"removed":false,"actorId":"' || e.actor_id || '","asAdmin":' || e.as_admin::text
    || ',"via":' || ${orNull(sql`to_json(e.via)`)} || ',"reason":' || ${orNull(sql`to_json(e.reason)`)}
    || ',"correlationId":' || ${orNull(sql`to_json(e.correlation_id)`)}
    || ',"cascadeId":' || ${orNull(sql`to_json(e.cascade_id)`)}
    || ',"before":' || case when shown.visibility = 'kept' then ${orNull(sql`bodies.before`)} else 'null' end
    || ',"after":' || bodies.after::text end || ${hidden} || '}'`

const readWindow = prepareStatement<FeedSnapshot & { isKnown: boolean } & (FeedRow | { part: null })>(
  'feed_read',
  sql`with ${feedWindow}
      select epoch, target::text as snapshot, ${presentMs} as "takenAtMs", is_known as "isKnown",
             part, xid::text as xid, position::text as position, text
      from feed_window left join lateral (
        select place.part, place.xid, place.position, event.text
        from (${placesInOrder}) place
        left join lateral (
          select ${eventText} as text from events e
          cross join lateral (${statesOfEvent}) bodies
          cross join lateral (select ${visibility} as visibility) shown
          where e.id = place.event_id and e.aggregate_type = any(${entities})
            and (${sql.placeholder('types')}::text[] is null or e.type = any(${sql.placeholder('types')}::text[]))
          limit 1
        ) event on true
      ) page on true
      order by part, case when part = 0 then page.xid end, page.position`,
)

/**
 * Reads up to `limit` events of a window, in its order. An open transaction delays only its own events: a later window
 * has them.
 */
export async function readFeed(
  db: Executor,
  { readerId, entities, types }: FeedFilter,
  window: FeedWindow,
  limit: number,
): Promise<FeedPage> {
  const rows = await readWindow(db, { readerId, entities, types, limit, ...windowValues(window) })
  const [first] = rows
  if (!first) throw new Error('the table installation is empty: run `npm run migrate`')
  const { epoch, snapshot, takenAtMs, isKnown } = first
  return {
    ...{ epoch, snapshot, takenAtMs, isKnown },
    rows: rows.flatMap((row) => (row.part === null ? [] : [row])),
  }
}

const lookForEvents = prepareStatement<FeedSnapshot & { found: number[] }>(
  'feed_look',
  sql`select epoch, ${presentSnapshot}::text as snapshot, ${presentMs} as "takenAtMs", array(
        select n::int from unnest(${sql.placeholder('readers')}::uuid[], ${sql.placeholder('snapshots')}::text[])
          with ordinality waiting(reader, snapshot, n)
        where exists (
          select from event_readers
          where reader_id = waiting.reader and event_readers.epoch = installation.epoch
            and xid >= pg_snapshot_xmin(waiting.snapshot::pg_snapshot)
            and not pg_visible_in_snapshot(xid, waiting.snapshot::pg_snapshot))) as found
      from installation`,
)

/**
 * Finds the elements of `waiting` whose reader has an event that is not in the snapshot `from`. The other ones have
 * missed nothing up to the returned snapshot, when theirs is of the same epoch.
 */
export async function findReadersWithEvents<W extends { readerId: string; from: string }>(
  db: Executor,
  waiting: readonly W[],
): Promise<FeedSnapshot & { found: W[] }> {
  const [looked] = await lookForEvents(db, {
    readers: waiting.map(({ readerId }) => readerId),
    snapshots: waiting.map(({ from }) => from),
  })
  if (!looked) throw new Error('the table installation is empty: run `npm run migrate`')
  return { ...looked, found: looked.found.flatMap((n) => waiting[n - 1] ?? []) }
}
