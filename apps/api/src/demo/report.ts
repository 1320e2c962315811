import { setTimeout as sleep } from 'node:timers/promises'
import { type Executor, executeOnce } from '@goals-tasks/db'
import { type SQL, sql } from 'drizzle-orm'

/** What one load created; everything reported is about that, whatever else goes on in the service. */
export type Run = { since: string; goalIds: readonly string[]; taskIds: readonly string[] }

export type Figures = {
  goals: number
  tasks: number
  events: number
  notifications: number
  auditRows: number
  /** From the beginning of a change's statement to the writing of its audit row, both by the database's clock. */
  commitToEffectMs: { p50: number; p99: number }
  /** Each is a count of what should not be: all are zero when nothing was lost. */
  faults: Record<(typeof faultNames)[number], number>
}

export const faultNames = ['missingEntities', 'unfaithfulAudits', 'deliveriesLeft', 'deadLetters'] as const

/**
 * The smallest event id from now on. A bound for the database's sake: the entities' ids decide what belongs to a run.
 * @throws Error when the database does not answer
 */
export async function beginRun(on: Executor): Promise<string> {
  const query = sql`select uuidv7_floor(now() - interval '1 second')::text as since`
  const { since } = await one<{ since: string }>(on, query).catch((cause) => {
    throw new Error(`the service's database does not answer (${cause.message || cause.code}): is \`start\` running?`, {
      cause,
    })
  })
  return since
}

const stuckAfterMs = 60_000

/**
 * Resolves when every consumer has done with the run's events, and with the events that came of those.
 * @throws Error telling who is behind and why, when nothing has moved for a minute
 */
export async function untilDelivered(on: Executor, run: Run, onLeft: (left: number) => void): Promise<void> {
  let last = { left: Number.POSITIVE_INFINITY, since: performance.now() }
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 1.5, 1_000)) {
    const { left, consumers, error } = await one<{ left: number; consumers: string; error: string | null }>(
      on,
      sql`select count(*)::int as left, string_agg(distinct d.consumer, ', ') as consumers, min(d.last_error) as error
          from deliveries d join events e on e.id = d.event_id
          where d.event_id >= ${run.since}::uuid and ${isOfRun(run)}`,
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

/** What the database knows of the run. */
export async function readFigures(on: Executor, run: Run): Promise<Figures> {
  const counts = await one<
    Omit<Figures, 'commitToEffectMs' | 'faults'> & { deadLetters: number; deliveriesLeft: number }
  >(
    on,
    sql`with own as materialized (select e.id from events e where ${isOfRun(run)})
        select (select count(*)::int from goals where id = any(${uuids(run.goalIds)})) as goals,
               (select count(*)::int from tasks where id = any(${uuids(run.taskIds)})) as tasks,
               (select count(*)::int from own) as events,
               (select count(*)::int from notifications where event_id in (select id from own)) as notifications,
               (select count(*)::int from ${auditRows(run)} a) as "auditRows",
               (select count(*)::int from deliveries where event_id in (select id from own)) as "deliveriesLeft",
               (select count(*)::int from dead_letters where event_id in (select id from own)) as "deadLetters"`,
  )
  const { goals, tasks, events, notifications, auditRows: rows, deliveriesLeft, deadLetters } = counts
  const missingEntities = run.goalIds.length - goals + run.taskIds.length - tasks
  const unfaithfulAudits = await countUnfaithfulAudits(on, run)
  const commitToEffectMs = await readLatency(on, run)
  const faults = { missingEntities, unfaithfulAudits, deliveriesLeft, deadLetters }
  return { goals, tasks, events, notifications, auditRows: rows, commitToEffectMs, faults }
}

/** Entities whose audit is not exactly the versions 1, 2, … up to their own. */
async function countUnfaithfulAudits(on: Executor, run: Run): Promise<number> {
  const { count } = await one<{ count: number }>(
    on,
    sql`select count(*)::int as count
        from (select id, version from goals where id = any(${uuids(run.goalIds)})
              union all select id, version from tasks where id = any(${uuids(run.taskIds)})) entity
        left join (select id, array_agg(version order by version) as versions from ${auditRows(run)} a group by id) audit using (id)
        where audit.versions is distinct from array(select generate_series(1, entity.version))`,
  )
  return count
}

const readLatency = (on: Executor, run: Run) =>
  one<Figures['commitToEffectMs']>(
    on,
    sql`select coalesce(percentile_cont(0.5) within group (order by ms), 0) as p50,
               coalesce(percentile_cont(0.99) within group (order by ms), 0) as p99
        from (select extract(epoch from recorded_at - occurred_at)::float8 * 1000 as ms from ${auditRows(run)} a) latency`,
  )

/** Events of the run's goals and tasks, and the notifications about these. */
const isOfRun = ({ since, goalIds, taskIds }: Run): SQL => {
  const ids = uuids([...goalIds, ...taskIds])
  return sql`(e.id >= ${since}::uuid and (e.aggregate_id = any(${ids}) or (e.after->>'subjectId')::uuid = any(${ids})))`
}

const auditRows = ({ goalIds, taskIds }: Run): SQL =>
  sql`(select goal_id as id, version, occurred_at, recorded_at from goal_audit_log where goal_id = any(${uuids(goalIds)})
       union all
       select task_id, version, occurred_at, recorded_at from task_audit_log where task_id = any(${uuids(taskIds)}))`

const uuids = (ids: readonly string[]) => sql`${sql.param(ids)}::uuid[]`

async function one<Row>(on: Executor, query: SQL): Promise<Row> {
  const [row] = await executeOnce<Row>(on, query)
  if (!row) throw new Error('a query without a group gave no row')
  return row
}
