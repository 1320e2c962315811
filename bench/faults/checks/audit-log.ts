import { type Check, problemOf } from './check.ts'

/** The audit log has exactly the primary events of goals and tasks, each under its version. */
export const checkAuditLog: Check = async ({ environment }) => {
  const { rows } = await environment.pool.query<{ version: string }>(
    `select coalesce(e.aggregate_id, a.id) || ' ' || coalesce(e.aggregate_version, a.version) as version
     from (select id as event_id, aggregate_id, aggregate_version, after::jsonb as after from events
           where ordinal = 0 and aggregate_type in ('goal', 'task')) e
     full join (select goal_id as id, version, event_id, after from goal_audit_log
                union all select task_id, version, event_id, after from task_audit_log) a
       on a.id = e.aggregate_id and a.version = e.aggregate_version and a.event_id = e.event_id and a.after = e.after
     where a.id is null or e.event_id is null`,
  )
  return problemOf(
    'versions that differ between events and audit log',
    rows.map(({ version }) => version),
  )
}
