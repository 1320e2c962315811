import { bodiesAreStoredOnce, claimed, deleteClaimed, idValues, isAmong, prepareStatement } from '@goals-tasks/db'
import { type SQL, sql } from 'drizzle-orm'
import type { InSql, WrittenEvent } from './contract.ts'

/** Writes one permanent row per version of a goal or task: the states before and after, the actor and the reason. */
export const auditLog: InSql = {
  kind: 'sql',
  run: (db, ids) => appendVersions(db, idValues(ids)),
}

/** The columns of both audit logs that are copies of those of the claimed events. */
const copied = sql.raw('type, actor_id, as_admin, via, reason, correlation_id, cascade_id, after, occurred_at')

/** The state in the event is that of the entity in the version of the event. */
const isWellFormed = sql`coalesce(after->>'id' = aggregate_id::text and after->'version' = to_jsonb(aggregate_version)
  and (before is null or before->>'id' = aggregate_id::text), false)`

/** The state before the version. It is omitted when the row of the previous version has exactly this state. */
const storedBefore = (table: SQL, key: SQL) => sql`
  case when states.before is not null and ${bodiesAreStoredOnce} and exists (
    select from ${table} previous where previous.${key} = aggregate_id and previous.version = aggregate_version - 1
      and previous.after = states.before) then null else states.before end`

/**
 * Inserts the versions of one kind of entity. An event that the audit log has already (an operator replayed it) changes
 * nothing and counts as written. A version that another event holds is not written: one of the two would be lost.
 */
const append = (aggregate: 'goal' | 'task', table: SQL, key: SQL) => sql`
  insert into ${table} (${key}, version, event_id, before, ${copied})
  select aggregate_id, aggregate_version, id, ${storedBefore(table, key)}, ${copied} from states
  where aggregate_type = ${sql.raw(`'${aggregate}'`)} and is_well_formed
  order by aggregate_id, aggregate_version
  on conflict (${key}, version) do update set event_id = excluded.event_id where ${table}.event_id = excluded.event_id
  returning event_id`

const event = sql`e.id, e.aggregate_type, e.aggregate_id, e.aggregate_version, e.type, e.actor_id, e.as_admin, e.via,
  e.reason, e.correlation_id, e.cascade_id, e.before::jsonb as changed, e.after::jsonb as after, e.occurred_at`

/** `offset 0` keeps Postgres from computing the state before a version again wherever it is read. */
const appendVersions = prepareStatement<WrittenEvent>(
  'audit_log_append',
  sql`with claimed as materialized (${claimed(sql`'audit-log'`, event)}),
           states as materialized (
             select *, ${isWellFormed} as is_well_formed
             from (select *, after || changed as before from claimed offset 0) version),
           goal_versions as (${append('goal', sql`goal_audit_log`, sql`goal_id`)}),
           task_versions as (${append('task', sql`task_audit_log`, sql`task_id`)}),
           written as (select event_id from goal_versions union all select event_id from task_versions),
           outcomes as materialized (
             select id, delivery, aggregate_type, aggregate_id, aggregate_version, correlation_id, occurred_at,
                    is_well_formed, ${isAmong(sql`id`, sql`select event_id from written`)} as is_written
             from states),
           done as (${deleteClaimed(sql`select delivery from outcomes where is_written`)})
      select id, rfc3339(occurred_at) as "occurredAt", correlation_id as "correlationId",
             not is_well_formed as "isMalformed",
             case when not is_well_formed then format(
                 'the event %s is malformed: /after is not version %s of %s %s',
                 id, aggregate_version, aggregate_type, aggregate_id)
               when not is_written then format(
                 'version %s of %s %s is in the audit log under other events',
                 aggregate_version, aggregate_type, aggregate_id) end as problem
      from outcomes order by id`,
)
