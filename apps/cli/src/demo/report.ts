import { setTimeout as sleep } from 'node:timers/promises'
import { type Executor, executeOnce } from '@goals-tasks/db'
import { type SQL, sql } from 'drizzle-orm'
import type { Loaded } from './load.ts'

/** What the service knows of the goals of a file, whatever else goes on in it. */
export type Figures = {
  there: { goals: number; tasks: number; dependencies: number }
  states: { goals: Record<string, number>; tasks: Record<string, number> }
  events: number
  /** How many people were told something, by kind. */
  notifications: Record<string, number>
  auditRows: number
  /** From the beginning of a change's statement to the writing of its audit row, both by the database's clock. */
  commitToEffectMs: { p50: number; p99: number }
  /** Each is a count of what should not be: all are zero when nothing was lost. */
  faults: Record<(typeof faultNames)[number], number>
}

export const faultNames = ['missing', 'otherStates', 'unfaithfulAudits', 'deliveriesLeft', 'deadLetters'] as const

const stuckAfterMs = 60_000

/**
 * Resolves when every consumer has done with the events of the goals and their tasks, and with the events that came of those.
 * @throws Error telling who is behind and why, when nothing has moved for a minute
 */
export async function untilDelivered(on: Executor, loaded: Loaded, onLeft: (left: number) => void): Promise<void> {
  let last = { left: Number.POSITIVE_INFINITY, since: performance.now() }
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 1.5, 1_000)) {
    const { left, consumers, error } = await one<{ left: number; consumers: string; error: string | null }>(
      on,
      sql`with ${entities(loaded)}
          select count(*)::int as left, string_agg(distinct consumer, ', ') as consumers, min(last_error) as error
          from ${ownDeliveries}`,
    )
    if (left === 0) return
    onLeft(left)
    if (left !== last.left) last = { left, since: performance.now() }
    else if (performance.now() - last.since > stuckAfterMs)
      throw new Error(
        `${left} deliveries (${consumers}) are left and nothing has moved for ${stuckAfterMs / 1_000} s: is a worker running? Last error: ${error ?? 'none'}`,
      )
    await sleep(waitMs)
  }
}

export async function readFigures(on: Executor, loaded: Loaded): Promise<Figures> {
  const { faults, ...counts } = await one<Omit<Figures, 'commitToEffectMs'>>(
    on,
    sql`with ${entities(loaded)}, told as materialized (
          select id, kind from notifications where subject_id in (select id from entity)
        ), own as materialized (
          select id from events where aggregate_id in (select id from entity union all select id from told)
        )
        select json_build_object('goals', (select count(*) from entity where kind = 'goal'),
                                 'tasks', (select count(*) from entity where kind = 'task'),
                                 'dependencies', (select count(*) from task_dependencies where task_id in (select id from entity))) as there,
               json_build_object('goals', ${tally(sql`status`, sql`entity where kind = 'goal'`)},
                                 'tasks', ${tally(sql`status`, sql`entity where kind = 'task'`)}) as states,
               (select count(*)::int from own) as events,
               ${tally(sql`kind`, sql`told`)} as notifications,
               (select count(*)::int from ${auditRows}) as "auditRows",
               json_build_object('missing', ${missing(loaded)}, 'otherStates', ${otherStates(loaded)},
                                 'unfaithfulAudits', ${unfaithfulAudits},
                                 'deliveriesLeft', (select count(*) from ${ownDeliveries}),
                                 'deadLetters', (select count(*) from dead_letters where event_id in (select id from own))) as faults`,
  )
  return { ...counts, faults, commitToEffectMs: await readLatency(on, loaded) }
}

const readLatency = (on: Executor, loaded: Loaded) =>
  one<Figures['commitToEffectMs']>(
    on,
    sql`with ${entities(loaded)}
        select coalesce(percentile_cont(0.5) within group (order by ms), 0) as p50,
               coalesce(percentile_cont(0.99) within group (order by ms), 0) as p99
        from (select extract(epoch from recorded_at - occurred_at)::float8 * 1000 as ms from ${auditRows}) latency`,
  )

/** The goals, and those of their tasks that a load made. */
const entities = ({ goalIds }: Loaded): SQL =>
  sql`entity as materialized (
        select id, version, 'goal' as kind, status::text from goals where id = any(${uuids(goalIds)})
        union all
        select id, version, 'task', status::text from tasks where goal_id = any(${uuids(goalIds)}) and metadata ? 'externalId'
      )`

/** A notification that was sent is an event of its own, about one of the entities. */
const ownDeliveries = sql`(select d.* from deliveries d join events e on e.id = d.event_id
  where e.aggregate_id in (select id from entity)
     or (e.aggregate_type = 'notification' and (e.after->>'subjectId')::uuid in (select id from entity))) d`

const auditRows = sql`(
  select goal_id as id, version, occurred_at, recorded_at from goal_audit_log where goal_id in (select id from entity)
  union all
  select task_id, version, occurred_at, recorded_at from task_audit_log where task_id in (select id from entity)) audit_row`

const tally = (column: SQL, rows: SQL): SQL =>
  sql`(select coalesce(json_object_agg(name, count order by name), '{}')
       from (select ${column} as name, count(*) as count from ${rows} group by 1) counted)`

/** Goals, tasks and dependencies that the API acknowledged and that are not there. */
const missing = ({ goalIds, tasks, edges }: Loaded): SQL =>
  sql`(select count(*) from unnest(${uuids([...goalIds, ...tasks.map((task) => task.id)])}) acknowledged
         where acknowledged not in (select id from entity))
    + (select count(*) from unnest(${uuids(edges.map((edge) => edge.taskId))}, ${uuids(edges.map((edge) => edge.blockerId))})
                         as edge(task_id, depends_on_id)
         where not exists (select from task_dependencies d where d.task_id = edge.task_id and d.depends_on_id = edge.depends_on_id))`

/** Tasks of this load that are not in the state to which it brought them. */
const otherStates = ({ tasks }: Loaded): SQL =>
  sql`(select count(*) from unnest(${uuids(tasks.map((task) => task.id))}, ${sql.param(tasks.map((task) => task.endsAs))}::text[])
                         as planned(id, status)
         join entity using (id) where entity.status <> planned.status)`

/** Entities whose audit is not exactly the versions 1, 2, … up to their own. */
const unfaithfulAudits = sql`(
  select count(*) from entity
  left join (select id, array_agg(version order by version) as versions from ${auditRows} group by id) audit using (id)
  where audit.versions is distinct from array(select generate_series(1, entity.version)))`

const uuids = (ids: readonly string[]) => sql`${sql.param(ids)}::uuid[]`

async function one<Row>(on: Executor, query: SQL): Promise<Row> {
  const [row] = await executeOnce<Row>(on, query)
  if (!row) throw new Error('a query without a group gave no row')
  return row
}
