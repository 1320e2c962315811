import { type Executor, executeOnce, goalText, taskText } from '@goals-tasks/db'
import { type SQL, sql } from 'drizzle-orm'
import type { Finding } from './findings.ts'

export type EntitySubject = 'goal' | 'task'
export type EntityVersion = { id: string; version: number }

const tables: Record<EntitySubject, { rows: SQL; state: SQL; audit: SQL; auditId: SQL }> = {
  goal: { rows: sql`goals`, state: goalText('goals'), audit: sql`goal_audit_log`, auditId: sql`goal_id` },
  task: { rows: sql`tasks`, state: taskText('tasks'), audit: sql`task_audit_log`, auditId: sql`task_id` },
}

/** Returns the entities after the id `after` with their versions, in the order of their ids. */
export const loadVersions = (
  db: Executor,
  subject: EntitySubject,
  { after, limit }: { after: string; limit: number },
): Promise<EntityVersion[]> =>
  executeOnce<EntityVersion>(
    db,
    sql`select id, version from ${tables[subject].rows} where id > ${after}::uuid order by id limit ${limit}`,
  )

/**
 * Compares the versions of these entities with their events, their audit rows, and the deliveries and dead letters of
 * the audit log. Events older than the retention are gone; their audit rows prove their versions. Where old audit rows
 * are deleted, the newest old one proves the versions before it.
 */
export function findEntityFaults(db: Executor, subject: EntitySubject, ids: readonly string[]): Promise<Finding[]> {
  const { rows, state, audit, auditId } = tables[subject]
  return executeOnce<Finding>(
    db,
    sql`
    with batch as materialized (
      select id, version, ${state}::jsonb as state from ${rows} where id = any(${sql.param(ids)}::uuid[])
    ), audited as materialized (
      select ${auditId} as id, version, event_id from ${audit} where ${auditId} = any(${sql.param(ids)}::uuid[])
    ), primaries as materialized (
      select aggregate_id as id, aggregate_version as version, e.id as event_id from events e
      where aggregate_id = any(${sql.param(ids)}::uuid[]) and ordinal = 0
    ), pending as materialized (
      select p.id, p.version from primaries p
      where exists (select from deliveries d where d.consumer = 'audit-log' and d.event_id = p.event_id)
    ), dead as materialized (
      select (event->>'aggregateId')::uuid as id, (event->>'aggregateVersion')::int as version from dead_letters
      where consumer = 'audit-log' and event->>'aggregateId' = any(${sql.param(ids)}::text[])
    ), kept as materialized (
      select ${auditId} as id, max(version) as version from ${audit} join audit_retention on entity = ${subject}
      where ${auditId} = any(${sql.param(ids)}::uuid[]) and occurred_at < kept_since group by ${auditId}
    ), expected as materialized (
      select id, v.version from batch left join kept using (id)
      cross join lateral generate_series(coalesce(kept.version, 1), batch.version) v(version)
    ), unaudited as materialized (
      select id, version from expected except select id, version from audited except select id, version from dead
    )
    select kind, ${subject} as subject, id, version from (
      select 'gap' as kind, id, version from (
        select id, version from unaudited except select id, version from primaries) gaps
      union all
      select 'lost', id, version from (
        (select id, version from unaudited intersect select id, version from primaries)
        except select id, version from pending) lost
      union all
      select 'duplicate', id, version from primaries group by id, version having count(*) > 1
      union all
      select 'duplicate', id, version from (
        select id, version from audited intersect (select id, version from pending union select id, version from dead)
        union
        select id, version from pending intersect select id, version from dead) twice
      union all
      select 'ahead', seen.id, seen.version
      from (select id, version from audited union select id, version from primaries) seen
      join batch using (id) where seen.version > batch.version
      union all
      select 'stale', batch.id, batch.version from batch
      left join lateral (
        select after::jsonb as state from events e
        where aggregate_id = batch.id and aggregate_version = batch.version and ordinal = 0 limit 1) recorded on true
      left join lateral (
        select after as state from ${audit} where ${auditId} = batch.id and version = batch.version
      ) kept on recorded.state is null
      where not batch.state @> coalesce(recorded.state, kept.state)
    ) faults order by id, version, kind`,
  )
}
