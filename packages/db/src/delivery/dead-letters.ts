import { type SQL, sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

/** A delivery that its consumer no longer retries, without the event's body. `error` is the one of the last attempt. */
export type DeadLetter = {
  id: string
  consumer: string
  eventId: string
  target: string
  type: string
  aggregateType: string
  aggregateId: string
  attempts: number
  replays: number
  error: string
  /** RFC 3339, UTC. */
  diedAt: string
}

/** A dead letter that became a delivery again. `replays` includes this replay. */
export type Replayed = Pick<DeadLetter, 'id' | 'consumer' | 'eventId' | 'target' | 'type' | 'aggregateId' | 'replays'>

/** A condition for dead letters. An absent field does not restrict it. Instants are RFC 3339. */
export type DeadLetterFilter = {
  ids?: readonly string[]
  consumer?: string
  /** A part of the error's text, case-sensitive. */
  error?: string
  diedFrom?: string
  diedBefore?: string
}

const summary = sql`id, consumer, event_id as "eventId", target, event->>'type' as type,
  event->>'aggregateType' as "aggregateType", event->>'aggregateId' as "aggregateId",
  attempts, replays, error, rfc3339(died_at) as "diedAt"`

/**
 * Returns at most `limit` dead letters, the newest first. The page starts after the dead letter with the id `after`.
 */
export const listDeadLetters = (
  db: Executor,
  filter: DeadLetterFilter,
  page: { after?: string | undefined; limit: number },
) =>
  executeOnce<DeadLetter>(
    db,
    sql`select ${summary} from dead_letters
        where ${matching(filter)}${page.after === undefined ? sql`` : sql` and id < ${page.after}::uuid`}
        order by id desc limit ${page.limit}`,
    'dead_letters_list',
  )

/** Returns the dead letter with its whole event, or undefined when it does not exist. */
export async function loadDeadLetter(db: Executor, id: string): Promise<(DeadLetter & { event: unknown }) | undefined> {
  const [found] = await executeOnce<DeadLetter & { event: unknown }>(
    db,
    sql`select ${summary}, event from dead_letters where id = ${id}::uuid`,
    'dead_letter_load',
  )
  return found
}

/** Makes dead letters deliveries again, the oldest first and at most `limit`. */
export const replayDeadLetters = (db: Executor, filter: DeadLetterFilter, limit: number) =>
  replay(db, matching(filter), limit)

/** Deletes dead letters, the oldest first and at most `limit`. Returns the deleted ones. */
export const discardDeadLetters = (db: Executor, filter: DeadLetterFilter, limit: number) =>
  executeOnce<DeadLetter>(
    db,
    sql`delete from dead_letters where id = any(array(
          select id from dead_letters where ${matching(filter)} order by id limit ${limit} for update skip locked))
        returning ${summary}`,
    'dead_letters_discard',
  )

/** Returns the number of dead letters that match. Stops counting at `atMost`. */
export async function countDeadLetters(db: Executor, filter: DeadLetterFilter, atMost: number): Promise<number> {
  const [counted] = await executeOnce<{ count: number }>(
    db,
    sql`select count(*)::int as count from (select from dead_letters where ${matching(filter)} limit ${atMost}) d`,
    'dead_letters_count',
  )
  return counted?.count ?? 0
}

/** The condition of `filter` on the table `dead_letters`. */
export function matching({ ids, consumer, error, diedFrom, diedBefore }: DeadLetterFilter): SQL {
  const conditions = [
    ids === undefined ? [] : sql`id = any(${sql.param(ids)}::uuid[])`,
    consumer === undefined ? [] : sql`consumer = ${consumer}`,
    error === undefined ? [] : sql`position(${error} in error) > 0`,
    diedFrom === undefined ? [] : sql`died_at >= ${diedFrom}::timestamptz`,
    diedBefore === undefined ? [] : sql`died_at < ${diedBefore}::timestamptz`,
  ].flat()
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}

/**
 * Moves dead letters to the deliveries in one statement, so the work is always one or the other. Inserts the event
 * again if its partition has been dropped. Its readers are not inserted again: the feed of that week no longer exists.
 * A milestone without bodies gets those of its dead letter, because its primary event may have been dropped before it.
 */
const replay = (db: Executor, which: SQL, limit: number) =>
  executeOnce<Replayed>(
    db,
    sql`
    with chosen as (
      select id from dead_letters where ${which} order by id limit ${limit} for update skip locked
    ), dead as (
      delete from dead_letters using chosen where dead_letters.id = chosen.id returning dead_letters.*
    ), restored_events as (
      insert into events (id, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, as_admin, via,
                          reason, correlation_id, causation_id, cascade_id, traceparent, before, after, assignees,
                          occurred_at)
      select distinct on (dead.event_id)
             dead.event_id, x.type, x."aggregateType", x."aggregateId", x."aggregateVersion", x.ordinal, x."actorId",
             coalesce(x."asAdmin", false), x.via, x.reason, x."correlationId", x."causationId", x."cascadeId",
             x.traceparent, x.before, x.after, x.assignees, x."occurredAt"
      from dead cross join jsonb_to_record(dead.event) as x(
        type text, "aggregateType" text, "aggregateId" uuid, "aggregateVersion" int, ordinal smallint, "actorId" uuid,
        "asAdmin" boolean, via uuid, reason text, "correlationId" text, "causationId" uuid, "cascadeId" uuid,
        traceparent text, before json, after json, assignees uuid[], "occurredAt" timestamptz)
      on conflict (id) do update set before = excluded.before, after = excluded.after where events.after is null
    ), replayed as (
      insert into deliveries (consumer, event_id, target, replays)
      select consumer, event_id, target, replays + 1 from dead
      on conflict do nothing
    )
    select id, consumer, event_id as "eventId", target, event->>'type' as type,
           event->>'aggregateId' as "aggregateId", replays + 1 as replays
    from dead order by id`,
    'dead_letters_replay',
  )
