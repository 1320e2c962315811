import { type AggregateType, type CommittedEvent, consumersOf, type EventType } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { taskReaders } from './visibility.ts'

/** Why and by whom a change was made: what its events say beyond the change itself. */
export type Announcement = {
  /** The primary event first, then its milestones. */
  types: readonly EventType[]
  actorId: string
  /** The actor acts with the scope `admin`. */
  asAdmin?: boolean | undefined
  reason?: string | undefined
  /** The request, as its answer and the logs name it. */
  correlationId?: string | undefined
  causationId?: string | undefined
  cascadeId?: string | undefined
  traceparent?: string | undefined
}

/** Parameter values of an announcement, under the names that `announced` uses by default. */
export function announcementValues(a: Announcement) {
  return {
    types: a.types,
    ...subscriptionValues(a.types),
    actorId: a.actorId,
    asAdmin: a.asAdmin ?? false,
    reason: a.reason ?? null,
    correlationId: a.correlationId ?? null,
    causationId: a.causationId ?? null,
    cascadeId: a.cascadeId ?? null,
    traceparent: a.traceparent ?? null,
  }
}

/** Which of these types' events each consumer is to get. */
export function subscriptionValues(types: readonly EventType[]) {
  const pairs = types.flatMap((type) => consumersOf(type).map((consumer) => ({ consumer, type })))
  return { consumers: pairs.map((p) => p.consumer), heard: pairs.map((p) => p.type) }
}

/**
 * Each event with the row that it tells of. What a CTE returns has no statistics: taken for one row, thousands would be joined
 * loop in loop. A full join never is, and finds the same, since no event is without its row and no row without an event.
 */
const told = sql`e full join changed on changed.id = e.aggregate_id`

type Source = 'types' | 'actorId' | 'asAdmin' | 'reason' | 'correlationId' | 'causationId' | 'cascadeId' | 'traceparent'

/**
 * The announcing half of a statement whose CTE `changed` has the columns `id`, `version`, `before` and `after` (json),
 * `readers` (uuid[]) and `goal_ids` (uuid[]; where a task stands and stood, null for anything else): for each changed row one event
 * per type, its readers and its deliveries. No row, no event.
 * `from` replaces the named parameters by expressions over `changed`.
 * @returns the CTEs `e`, `r` and `d`, to follow `changed`
 */
export function announced(aggregate: AggregateType, from: Partial<Record<Source, SQL>> = {}): SQL {
  const value = (name: Source, type: string) => from[name] ?? sql`${sql.placeholder(name)}::${sql.raw(type)}`
  return sql`e as (
    insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, as_admin, reason,
                        correlation_id, causation_id, cascade_id, traceparent, before, after)
    select x.type, ${sql.raw(`'${aggregate}'`)}, changed.id, changed.version, x.ordinal - 1, ${value('actorId', 'uuid')}, ${value('asAdmin', 'boolean')}, ${value('reason', 'text')},
           ${value('correlationId', 'text')}, ${value('causationId', 'uuid')}, ${value('cascadeId', 'uuid')}, ${value('traceparent', 'text')},
           changed.before, changed.after
    from changed cross join unnest(${value('types', 'text[]')}) with ordinality x(type, ordinal)
    order by changed.id, x.ordinal
    returning id, xid, position, type, aggregate_id
  ), r as (
    insert into event_readers (reader_id, xid, position, event_id)
    select distinct reader, e.xid, e.position, e.id
    from ${told} cross join unnest(changed.readers) reader
    where reader is not null
  ), d as (
    insert into deliveries (consumer, event_id)
    select s.consumer, e.id
    from e join unnest(${sql.placeholder('consumers')}::text[], ${sql.placeholder('heard')}::text[]) s(consumer, type) using (type)
  )`
}

const eventList = sql<CommittedEvent[]>`
  coalesce(json_agg(json_build_object('id', e.id, 'type', e.type, 'aggregateId', e.aggregate_id, 'version', changed.version,
    'readers', changed.readers, 'goalIds', changed.goal_ids) order by e.position), '[]')`

/** What `announced` wrote, for the dispatcher and the cache, as one JSON value. */
export const announcedEvents = sql<CommittedEvent[]>`(select ${eventList} from ${told})`
/** The same per entity: a subquery with the columns `aggregate_id` and `events`. */
export const announcedEventsByEntity = sql`(
  select e.aggregate_id, ${eventList} as events from ${told} group by e.aggregate_id)`

/** What an UPDATE of goals returns, for `announced`. */
export const goalChanged = sql`id, new.version, old.representation as before, new.representation as after,
  array[new.user_id] as readers, null::uuid[] as goal_ids`
/** What an UPDATE of tasks returns, for `announced`. */
export const taskChanged = sql`id, new.version, old.representation as before, new.representation as after,
  ${taskReaders('new')} || case when old.goal_id = new.goal_id then array[old.assigned_to] else ${taskReaders('old')} end as readers, array[new.goal_id, old.goal_id] as goal_ids`
