import { type SQL, sql } from 'drizzle-orm'
import type { LoadResult } from './load.ts'

/** The relation `entity`: the goals of a load and those of their tasks that a load made. Use it in a `with` clause. */
export const entities = ({ goalIds }: LoadResult): SQL =>
  sql`entity as materialized (
        select id, version, 'goal' as kind, status::text from goals where id = any(${uuids(goalIds)})
        union all
        select id, version, 'task', status::text from tasks
        where goal_id = any(${uuids(goalIds)}) and metadata ? 'externalId'
      )`

/** The deliveries of the entities' events, and of the events of the notifications about them. */
export const ownDeliveries = sql`(select d.* from deliveries d join events e on e.id = d.event_id
  where e.aggregate_id in (select id from entity)
     or (e.aggregate_type = 'notification' and (e.after->>'subjectId')::uuid in (select id from entity))) d`

/** The audit rows of the entities. */
export const auditRows = sql`(
  select goal_id as id, version, occurred_at, recorded_at from goal_audit_log
  where goal_id in (select id from entity)
  union all
  select task_id, version, occurred_at, recorded_at from task_audit_log
  where task_id in (select id from entity)) audit_row`

/** The number of goals, tasks and dependencies that the API acknowledged and that do not exist. */
export const missing = ({ goalIds, tasks, edges }: LoadResult): SQL => {
  const ids = uuids([...goalIds, ...tasks.map((task) => task.id)])
  const taskIds = uuids(edges.map((edge) => edge.taskId))
  const blockerIds = uuids(edges.map((edge) => edge.blockerId))
  return sql`(select count(*) from unnest(${ids}) acknowledged where acknowledged not in (select id from entity))
    + (select count(*) from unnest(${taskIds}, ${blockerIds}) as edge(task_id, depends_on_id)
       where not exists (select from task_dependencies d
                         where d.task_id = edge.task_id and d.depends_on_id = edge.depends_on_id))`
}

/** The number of tasks of this load whose status is not the one to which the load moved them. */
export const otherStates = ({ tasks }: LoadResult): SQL => {
  const ids = uuids(tasks.map((task) => task.id))
  const statuses = sql.param(tasks.map((task) => task.finalStatus))
  return sql`(select count(*) from unnest(${ids}, ${statuses}::text[]) as planned(id, status)
              join entity using (id) where entity.status <> planned.status)`
}

/** The number of entities whose audit rows are not exactly the versions 1, 2, … up to their own. */
export const unfaithfulAudits = sql`(
  select count(*) from entity
  left join (select id, array_agg(version order by version) as versions from ${auditRows} group by id) audit using (id)
  where audit.versions is distinct from array(select generate_series(1, entity.version)))`

const uuids = (ids: readonly string[]) => sql`${sql.param(ids)}::uuid[]`
