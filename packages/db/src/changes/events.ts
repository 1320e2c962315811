import {
  type AggregateType,
  type CommittedEvent,
  consumersOf,
  consumersWithReceiver,
  type EventReason,
  type EventType,
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
    ...subscriptionValues(types),
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

/** Returns one pair of consumer and event type per subscription to these types. */
export function subscriptionValues(types: readonly EventType[]) {
  const pairs = types.flatMap((type) => consumersOf(type).map((consumer) => ({ consumer, type })))
  return { consumers: pairs.map((p) => p.consumer), subscribedTypes: pairs.map((p) => p.type) }
}

/**
 * Joins each emitted event with its changed row. Postgres has no statistics on the rows of a CTE: it would expect one
 * row and join thousands in a nested loop. A full join is never a nested loop, and here it gives the rows of an inner
 * join. A strict condition on one side, such as `=`, would let Postgres turn it into a left join.
 */
const emittedRows = sql`emitted full join changed on changed.id = emitted.aggregate_id`

type Source =
  | ('types' | 'actorId' | 'asAdmin' | 'via' | 'reason')
  | ('correlationId' | 'causationId' | 'cascadeId' | 'traceparent')

/** The assignees of a goal's live tasks when the event `x` is its completion, as the statement sees them; else null. */
const assigneesAtCompletion = sql`case when x.type = 'goal:completed' then array(
      select distinct assigned_to from tasks
      where tasks.goal_id = changed.id and tasks.deleted_at is null and assigned_to is not null) end`

/** A body of the event `x`. A milestone stores none: it has the bodies of the primary event of its version. */
const storedBody = (body: 'before' | 'after') => sql`
           case when x.ordinal = 1 or not ${bodiesAreStoredOnce} then ${sql.raw(`changed.${body}`)} end`

/** The users who may see the entity before or after the change. */
const allReaders = sql`changed.readers_after || changed.readers_before`

/** How the change looks to `reader`. */
const visibility = sql`case
      when not coalesce(reader = any(changed.readers_after), false) then 'lost'
      when reader = any(changed.readers_before) then 'kept' else 'gained'
    end::event_visibility`

/** The consumers without a receiver, as the statement sees them. Postgres reads them once per statement. */
const withoutReceiver = sql`array(
      select consumer from unnest(${sql.raw(`'{${consumersWithReceiver}}'::text[]`)}) consumer
      where consumer not in (select consumer from receivers where is_present))`

/** The consumers that get no delivery of the emitted event. */
const withoutDelivery = sql`(${withoutReceiver}
      || case when emitted.ordinal = 0 then changed.unconcerned else '{}' end)`

/**
 * The webhooks that get the emitted events: enabled ones for the type whose owner is a reader. `offset 0` keeps the
 * search in the index of the owners apart from the join, which stays a full join for the reason above. The first
 * condition does not depend on a row: without any webhook of a user, Postgres skips all of it.
 */
const emittedTargets = sql`
    select emitted.id as event_id, webhook.id::text as target
    from emitted full join emitted_readers reader on reader.event_id = emitted.id
    cross join lateral (
      select id from webhooks
      where owner_id = reader.reader_id and is_enabled and (types is null or emitted.type = any(types))
        and emitted.type = any(${sql.raw(`'{${subscriptions[webhookConsumer]}}'::text[]`)}) offset 0
    ) webhook
    where (select exists(select from webhooks where is_enabled and owner_id is not null))`

/**
 * The event half of a statement. Its CTE `changed` has the columns `id`, `version`, `before` and `after` (json),
 * `readers_before` and `readers_after` (uuid[], with nulls; the users who may see the entity before and after the
 * change), `goal_ids` (uuid[]; the goals of a task before and after, null for any other entity) and `unconcerned`
 * (text[]; the consumers that need no delivery of the primary event).
 * Inserts one event per changed row and type, its readers and its deliveries. No row, no event. A consumer without a
 * receiver gets no delivery, and each webhook of a reader gets one of its own. A user who can no longer see the entity
 * is a reader of its primary event only.
 * `from` replaces the named parameters by expressions over `changed`.
 * @returns the CTEs `emitted`, `emitted_readers`, `emitted_targets` and `emitted_deliveries`, to follow `changed`
 */
export function emitEvents(aggregate: AggregateType, from: Partial<Record<Source, SQL>> = {}): SQL {
  const value = (name: Source, type: string) => from[name] ?? sql`${sql.placeholder(name)}::${sql.raw(type)}`
  const subscriptions = sql`
    unnest(${sql.placeholder('consumers')}::text[], ${sql.placeholder('subscribedTypes')}::text[])`
  return sql`emitted as (
    insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, as_admin, via,
                        reason, correlation_id, causation_id, cascade_id, traceparent, before, after, assignees)
    select x.type, ${sql.raw(`'${aggregate}'`)}, changed.id, changed.version, x.ordinal - 1,
           ${value('actorId', 'uuid')}, ${value('asAdmin', 'boolean')}, ${value('via', 'uuid')},
           ${value('reason', 'text')}, ${value('correlationId', 'text')}, ${value('causationId', 'uuid')},
           ${value('cascadeId', 'uuid')}, ${value('traceparent', 'text')},
           ${storedBody('before')}, ${storedBody('after')},
           ${aggregate === 'goal' ? assigneesAtCompletion : sql`null::uuid[]`}
    from changed cross join unnest(${value('types', 'text[]')}) with ordinality x(type, ordinal)
    order by changed.id, x.ordinal
    returning id, xid, position, type, ordinal, aggregate_id
  ), emitted_readers as (
    insert into event_readers (reader_id, xid, position, event_id, visibility)
    select distinct reader, emitted.xid, emitted.position, emitted.id, ${visibility}
    from ${emittedRows} cross join unnest(${allReaders}) reader
    where reader is not null and (emitted.ordinal = 0 or reader = any(changed.readers_after))
    returning event_id, reader_id
  ), emitted_targets as materialized (${emittedTargets}
  ), emitted_deliveries as (
    insert into deliveries (consumer, event_id, target)
    select subscription.consumer, emitted.id, ''
    from ${emittedRows} join ${subscriptions} subscription(consumer, type)
      on subscription.type is not distinct from emitted.type
    where subscription.consumer <> all (${withoutDelivery})
    union all
    select ${sql.raw(`'${webhookConsumer}'`)}, event_id, target from emitted_targets
  )`
}

/** The targets of each emitted event by its id. Postgres makes it once per statement. Null without any. */
const targetsById = sql`(
    select jsonb_object_agg(event_id, targets)
    from (select event_id, jsonb_agg(target) as targets from emitted_targets group by event_id) by_event)`

const eventList = sql<CommittedEvent[]>`
  coalesce(json_agg(json_build_object(
    'id', emitted.id, 'type', emitted.type, 'aggregateId', emitted.aggregate_id, 'version', changed.version,
    'readers', ${allReaders}, 'goalIds', changed.goal_ids,
    'withoutReceiver', ${withoutDelivery},
    'targets', ${targetsById} -> emitted.id::text) order by emitted.position), '[]')`

/** The events that `emitEvents` inserted, for the dispatcher and the cache, as one JSON value. */
export const emittedEvents = sql<CommittedEvent[]>`(select ${eventList} from ${emittedRows})`
/** The same events per entity: a subquery with the columns `aggregate_id` and `events`. */
export const emittedEventsByEntity = sql`(
  select emitted.aggregate_id, ${eventList} as events from ${emittedRows} group by emitted.aggregate_id)`

/** The column `unconcerned` of a change whose events concern all their consumers. */
export const concernsAll = sql`'{}'::text[] as unconcerned`
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
  case when ${isNotable} then '{}' else '{notifications}'::text[] end as unconcerned`
/** The same for an update that is no reason to notify anybody. */
export const taskChangedUnnoticed = sql`${taskStates}, '{notifications}'::text[] as unconcerned`
