import { type SQL, sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

/** What an operator sees of an event that a consumer gave up; `error` is the last attempt's. */
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

/** A dead letter that is a delivery again. `replays` counts this time, too. */
export type Replayed = Pick<DeadLetter, 'id' | 'consumer' | 'eventId' | 'target' | 'type' | 'aggregateId' | 'replays'>

/** Which dead letters; a field that is left out narrows nothing. Instants are RFC 3339. */
export type DeadLetterFilter = {
  consumer?: string
  /** A part of the error's text, in its own case. */
  error?: string
  diedFrom?: string
  diedBefore?: string
}

const summary = sql`id, consumer, event_id as "eventId", target, event->>'type' as type,
  event->>'aggregateType' as "aggregateType", event->>'aggregateId' as "aggregateId",
  attempts, replays, error, rfc3339(died_at) as "diedAt"`

/** @returns at most `limit` dead letters, the newest first, beginning after the one with the id `after` */
export const listDeadLetters = (
  on: Executor,
  filter: DeadLetterFilter,
  page: { after?: string | undefined; limit: number },
) =>
  executeOnce<DeadLetter>(
    on,
    sql`select ${summary} from dead_letters
        where ${matching(filter)}${page.after === undefined ? sql`` : sql` and id < ${page.after}::uuid`}
        order by id desc limit ${page.limit}`,
  )

/** @returns the dead letter with the event's whole envelope */
export async function loadDeadLetter(on: Executor, id: string): Promise<(DeadLetter & { event: unknown }) | undefined> {
  const [found] = await executeOnce<DeadLetter & { event: unknown }>(
    on,
    sql`select ${summary}, event from dead_letters where id = ${id}::uuid`,
  )
  return found
}

/** Makes one dead letter a delivery again. @returns undefined when it is not there, or is just being replayed by someone else */
export async function replayDeadLetter(on: Executor, id: string): Promise<Replayed | undefined> {
  const [replayed] = await replay(on, sql`id = ${id}::uuid`, 1)
  return replayed
}

/** Makes dead letters deliveries again, the oldest first and at most `limit`. */
export const replayDeadLetters = (on: Executor, filter: DeadLetterFilter, limit: number) =>
  replay(on, matching(filter), limit)

/** Gives a dead letter up for good. @returns what it was, or undefined when it is not there */
export async function discardDeadLetter(on: Executor, id: string): Promise<DeadLetter | undefined> {
  const [discarded] = await executeOnce<DeadLetter>(
    on,
    sql`delete from dead_letters where id = ${id}::uuid returning ${summary}`,
  )
  return discarded
}

/** The number of dead letters that match, counted up to `atMost`. */
export async function countDeadLetters(on: Executor, filter: DeadLetterFilter, atMost: number): Promise<number> {
  const [counted] = await executeOnce<{ count: number }>(
    on,
    sql`select count(*)::int as count from (select from dead_letters where ${matching(filter)} limit ${atMost}) d`,
  )
  return counted?.count ?? 0
}

function matching({ consumer, error, diedFrom, diedBefore }: DeadLetterFilter): SQL {
  const conditions = [
    consumer === undefined ? [] : sql`consumer = ${consumer}`,
    error === undefined ? [] : sql`position(${error} in error) > 0`,
    diedFrom === undefined ? [] : sql`died_at >= ${diedFrom}::timestamptz`,
    diedBefore === undefined ? [] : sql`died_at < ${diedBefore}::timestamptz`,
  ].flat()
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}

/**
 * One statement: at every moment the work is either a dead letter or a delivery. The event itself is put back when its
 * partition has been dropped meanwhile; its readers are not, for the feed of that time is gone.
 */
const replay = (on: Executor, which: SQL, limit: number) =>
  executeOnce<Replayed>(
    on,
    sql`
    with chosen as (
      select id from dead_letters where ${which} order by id limit ${limit} for update skip locked
    ), dead as (
      delete from dead_letters using chosen where dead_letters.id = chosen.id returning dead_letters.*
    ), e as (
      insert into events (id, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, as_admin, reason,
                          correlation_id, causation_id, cascade_id, traceparent, before, after, occurred_at)
      select dead.event_id, x.type, x."aggregateType", x."aggregateId", x."aggregateVersion", x.ordinal, x."actorId", coalesce(x."asAdmin", false), x.reason,
             x."correlationId", x."causationId", x."cascadeId", x.traceparent, x.before, x.after, x."occurredAt"
      from dead cross join jsonb_to_record(dead.event) as x(
        type text, "aggregateType" text, "aggregateId" uuid, "aggregateVersion" int, ordinal smallint, "actorId" uuid, "asAdmin" boolean, reason text,
        "correlationId" text, "causationId" uuid, "cascadeId" uuid, traceparent text, before json, after json, "occurredAt" timestamptz)
      on conflict (id) do nothing
    ), d as (
      insert into deliveries (consumer, event_id, target, replays)
      select consumer, event_id, target, replays + 1 from dead
      on conflict do nothing
    )
    select id, consumer, event_id as "eventId", target, event->>'type' as type, event->>'aggregateId' as "aggregateId", replays + 1 as replays
    from dead order by id`,
  )
