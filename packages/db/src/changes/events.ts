import {
  type AggregateType,
  type CommittedEvent,
  consumersOf,
  consumersWithReceiver,
  type EventReason,
  type EventType,
  eventTypes,
  isSubscribed,
  subscriptions,
  webhookConsumer,
} from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { bodiesAreStoredOnce } from '../reads/event-bodies.ts'
import { goalChanges, goalJson, taskChanges, taskJson } from '../reads/representation.ts'
import { taskReaders, taskReadersAfter } from '../reads/visibility.ts'

/** The actor and the reason of a change. Its events contain them beside the entity before and after. */
export type EventMetadata = {
  /** The primary event first, then its milestones. */
  types: readonly EventType[]
  actorId: string
  /** The actor acts with the scope `admin`, and so may change rows of other users. */
  asAdmin?: boolean | undefined
  /** The id of the API key that the actor uses. */
  via?: string | undefined
  reason?: EventReason | undefined
  /** The id of the request, as in its response and in the log. */
  correlationId?: string | undefined
  causationId?: string | undefined
  cascadeId?: string | undefined
  traceparent?: string | undefined
}

/** Returns the parameter values of event metadata, under the names that `emitEvents` uses by default. */
export function metadataValues(metadata: EventMetadata) {
  const { types, actorId, asAdmin = false } = metadata
  return {
    types,
    actorId,
    asAdmin,
    via: metadata.via ?? null,
    reason: metadata.reason ?? null,
    correlationId: metadata.correlationId ?? null,
    causationId: metadata.causationId ?? null,
    cascadeId: metadata.cascadeId ?? null,
    traceparent: metadata.traceparent ?? null,
  }
}

type Source =
  | ('types' | 'actorId' | 'asAdmin' | 'via' | 'reason')
  | ('correlationId' | 'causationId' | 'cascadeId' | 'traceparent')

/** The assignees of a goal's live tasks when the event `x` is its completion, as the statement sees them; else null. */
const assigneesAtCompletion = sql`case when x.type = 'goal:completed' then array(
      select distinct assigned_to from tasks
      where tasks.goal_id = changed.id and tasks.deleted_at is null and assigned_to is not null) end`

/** How the change looks to `reader`. */
const visibility = sql`case
      when not coalesce(reader.id = any(e.readers_after), false) then 'lost'
      when reader.id = any(e.readers_before) then 'kept' else 'gained'
    end::event_visibility`

const textArray = (texts: readonly string[]) => sql.raw(`'{${texts}}'::text[]`)

/** The consumers that get no delivery of the event `e`, as the statement sees it: text[]. */
function withoutDelivery(types: readonly EventType[]): SQL {
  const absent = consumersWithReceiver
    .filter((consumer) => types.some((type) => isSubscribed(consumer, type)))
    .map((consumer) => sql.raw(`'${consumer}'`))
    .map(
      (consumer) => sql`case when not exists (
          select from receivers where consumer = ${consumer} and is_present) then ${consumer} end`,
    )
  return sql`array_remove(array[${sql.join([...absent, sql`case when e.ordinal = 0 then e.unconcerned end`], sql`, `)}],
          null)`
}

/** The consumers that are subscribed to the event `e`: text[]. */
const subscribed = (types: readonly EventType[]) =>
  sql`case e.type ${sql.join(
    types.map((type) => sql`when ${sql.raw(`'${type}'`)} then ${textArray(consumersOf(type))}`),
    sql` `,
  )} end`

/**
 * The webhooks that get the event `e`, null without any: enabled ones for the type whose owner is a reader. Without any
 * webhook of a user, Postgres skips the search.
 */
const targets = sql`case when e.type = any(${textArray(subscriptions[webhookConsumer])})
          and exists (select from webhooks where is_enabled and owner_id is not null) then nullif(array(
            select id::text from webhooks
            where owner_id = any(case when e.ordinal = 0 then e.readers_before end || e.readers_after)
              and is_enabled and (types is null or e.type = any(types))), '{}') end`

/**
 * The event half of a statement. Its CTE `changed` has the columns `id`, `version`, `before` and `after` (json),
 * `readers_before` and `readers_after` (uuid[], with nulls; the users who may see the entity before and after the
 * change), `goal_ids` (uuid[]; the goals of a task before and after, null for any other entity) and `unconcerned`
 * (text; the consumer that needs no delivery of the primary event, or null).
 * Inserts one event per changed row and type, its readers and its deliveries. No row, no event. A consumer without a
 * receiver gets no delivery, and each webhook of a reader gets one of its own. A user who can no longer see the entity
 * is a reader of its primary event only.
 * `from` replaces the named parameters by expressions over `changed`.
 *
 * Starting a statement costs Postgres about as much per node of its plan as reading a row, whether the node runs or
 * not. So everything about an event is computed once, in `new_events`, and one join remains: only Postgres knows the
 * position of an event. It is a full join because Postgres has no statistics on the rows of a CTE: it could expect one
 * row and join thousands in a nested loop. A full join is never a nested loop, and here it gives the rows of an inner
 * join. A strict condition on one side, such as `=`, would let Postgres turn it into a left join.
 * @returns the CTEs `new_events`, `emitted`, `emitted_readers` and `emitted_deliveries`, to follow `changed`
 */
export function emitEvents(aggregate: AggregateType, from: Partial<Record<Source, SQL>> = {}): SQL {
  const value = (name: Source, type: string) => from[name] ?? sql`${sql.placeholder(name)}::${sql.raw(type)}`
  const types = eventTypes.filter((type) => type.startsWith(`${aggregate}:`))
  return sql`new_events as materialized (
    select uuidv7() as id, e.*, ${subscribed(types)} as subscribed, ${withoutDelivery(types)} as without_delivery,
           ${targets} as targets
    from (
      select x.type, changed.id as aggregate_id, changed.version, x.ordinal - 1 as ordinal,
             ${value('actorId', 'uuid')} as actor_id, ${value('asAdmin', 'boolean')} as as_admin,
             ${value('via', 'uuid')} as via, ${value('reason', 'text')} as reason,
             ${value('correlationId', 'text')} as correlation_id, ${value('causationId', 'uuid')} as causation_id,
             ${value('cascadeId', 'uuid')} as cascade_id, ${value('traceparent', 'text')} as traceparent,
             changed.before, changed.after, x.ordinal = 1 or not ${bodiesAreStoredOnce} as has_bodies,
             ${aggregate === 'goal' ? assigneesAtCompletion : sql`null::uuid[]`} as assignees,
             changed.readers_before, changed.readers_after, changed.goal_ids, changed.unconcerned
      from changed cross join unnest(${value('types', 'text[]')}) with ordinality x(type, ordinal)
      order by changed.id, x.ordinal
    ) e
  ), emitted as (
    insert into events (id, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, as_admin, via,
                        reason, correlation_id, causation_id, cascade_id, traceparent, before, after, assignees)
    select id, type, ${sql.raw(`'${aggregate}'`)}, aggregate_id, version, ordinal, actor_id, as_admin, via,
           reason, correlation_id, causation_id, cascade_id, traceparent,
           case when has_bodies then before end, case when has_bodies then after end, assignees
    from new_events
    returning id, xid, position, ordinal
  ), emitted_readers as (
    insert into event_readers (reader_id, xid, position, event_id, visibility)
    select reader.id, emitted.xid, emitted.position, emitted.id, ${visibility}
    from emitted full join new_events e on e.id = emitted.id
    cross join lateral unnest(e.readers_after || e.readers_before) with ordinality reader(id, place)
    where reader.id is not null and array_position(e.readers_after || e.readers_before, reader.id) = reader.place
      and (emitted.ordinal = 0 or reader.id = any(e.readers_after))
  ), emitted_deliveries as (
    insert into deliveries (consumer, event_id, target)
    select consumer, id, '' from (
      select unnest(subscribed) as consumer, id, without_delivery from new_events) delivery
    where consumer <> all (without_delivery)
    union all
    select ${sql.raw(`'${webhookConsumer}'`)}, id, unnest(targets) from new_events
  )`
}

/** An event of `new_events` for the dispatcher and the cache, as the text of a `CommittedEvent`. */
export const newEventText = sql<string>`format(
    '{"id":"%s","type":"%s","aggregateId":"%s","version":%s,"readers":%s,"goalIds":%s,'
      || '"withoutReceiver":%s,"targets":%s}',
    new_events.id, new_events.type, new_events.aggregate_id, new_events.version,
    array_to_json(new_events.readers_after || new_events.readers_before),
    coalesce(array_to_json(new_events.goal_ids)::text, 'null'), array_to_json(new_events.without_delivery),
    coalesce(array_to_json(new_events.targets)::text, 'null'))`

/** The events that `emitEvents` inserted, in their order, as one JSON value. */
export const emittedEvents = sql<CommittedEvent[]>`(
  select coalesce('[' || string_agg(${newEventText}, ',' order by new_events.aggregate_id, new_events.ordinal) || ']',
    '[]')::json from new_events)`

/** The column `unconcerned` of a change whose events concern all their consumers. */
export const concernsAll = sql`null::text as unconcerned`
/** Whether an update by itself is a reason to notify somebody: an unassignment, a new block, or the end of a block. */
const isNotable = sql`((old.assigned_to is not null and old.assigned_to is distinct from new.assigned_to)
    or (old.status = 'BLOCKED') <> (new.status = 'BLOCKED'))`
/** The state before an update, as its event stores it: see `stateBefore`. */
const storedBefore = (changes: SQL, whole: SQL) =>
  sql`case when ${bodiesAreStoredOnce} then ${changes} else ${whole} end`
/** The columns that an UPDATE of goals returns for `emitEvents`. */
export const goalChanged = sql`id, new.version,
  ${storedBefore(goalChanges, goalJson('old'))} as before, ${goalJson('new')} as after,
  array[new.user_id] as readers_before, array[new.user_id] as readers_after, null::uuid[] as goal_ids,
  ${concernsAll}`
const taskStates = sql`id, new.version,
  ${storedBefore(taskChanges, taskJson('old'))} as before, ${taskJson('new')} as after,
  ${taskReaders('old')} as readers_before, ${taskReadersAfter} as readers_after,
  array[new.goal_id, old.goal_id] as goal_ids`
/** The columns that an UPDATE of tasks returns for `emitEvents`. */
export const taskChanged = sql`${taskStates},
  case when not ${isNotable} then 'notifications' end as unconcerned`
/** The same for an update that is no reason to notify anybody. */
export const taskChangedUnnoticed = sql`${taskStates}, 'notifications' as unconcerned`
