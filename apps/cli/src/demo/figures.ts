import { type Executor, executeOnce } from '@goals-tasks/db'
import { type SQL, sql } from 'drizzle-orm'
import type { LoadResult } from './load.ts'
import { auditRows, entities, missing, otherStates, ownDeliveries, unfaithfulAudits } from './sql.ts'

export type FaultName = 'missing' | 'otherStates' | 'unfaithfulAudits' | 'deliveriesLeft' | 'deadLetters'

/** The state of the goals of a file and of everything that followed from them. It excludes all other data. */
export type Figures = {
  there: { goals: number; tasks: number; dependencies: number }
  states: { goals: Record<string, number>; tasks: Record<string, number> }
  events: number
  /** Number of notifications by kind. */
  notifications: Record<string, number>
  auditRows: number
  /** Time from the start of a change's statement to its audit row, in ms, by the clock of the database. */
  commitToEffectMs: { p50: number; p99: number }
  /** Numbers of exceptions. All are 0 when nothing was lost. */
  faults: Record<FaultName, number>
}

/** Reads the figures of a load from the database. Call when every consumer is done. */
export async function readFigures(db: Executor, loaded: LoadResult): Promise<Figures> {
  const { faults, ...counts } = await readRow<Omit<Figures, 'commitToEffectMs'>>(
    db,
    sql`with ${entities(loaded)}, sent as materialized (
          select id, kind from notifications where subject_id in (select id from entity)
        ), own as materialized (
          select id from events where aggregate_id in (select id from entity union all select id from sent)
        )
        select json_build_object('goals', (select count(*) from entity where kind = 'goal'),
                                 'tasks', (select count(*) from entity where kind = 'task'),
                                 'dependencies', (select count(*) from task_dependencies
                                                  where task_id in (select id from entity))) as there,
               json_build_object('goals', ${countBy(sql`status`, sql`entity where kind = 'goal'`)},
                                 'tasks', ${countBy(sql`status`, sql`entity where kind = 'task'`)}) as states,
               (select count(*)::int from own) as events,
               ${countBy(sql`kind`, sql`sent`)} as notifications,
               (select count(*)::int from ${auditRows}) as "auditRows",
               json_build_object('missing', ${missing(loaded)}, 'otherStates', ${otherStates(loaded)},
                                 'unfaithfulAudits', ${unfaithfulAudits},
                                 'deliveriesLeft', (select count(*) from ${ownDeliveries}),
                                 'deadLetters', (select count(*) from dead_letters
                                                 where event_id in (select id from own))) as faults`,
  )
  return { ...counts, faults, commitToEffectMs: await readLatency(db, loaded) }
}

const readLatency = (db: Executor, loaded: LoadResult) =>
  readRow<Figures['commitToEffectMs']>(
    db,
    sql`with ${entities(loaded)}
        select coalesce(percentile_cont(0.5) within group (order by ms), 0) as p50,
               coalesce(percentile_cont(0.99) within group (order by ms), 0) as p99
        from (select extract(epoch from recorded_at - occurred_at)::float8 * 1000 as ms from ${auditRows}) latency`,
  )

/** Counts the rows by the values of a column, as JSON. */
const countBy = (column: SQL, rows: SQL): SQL =>
  sql`(select coalesce(json_object_agg(name, count order by name), '{}')
       from (select ${column} as name, count(*) as count from ${rows} group by 1) counted)`

async function readRow<Row>(db: Executor, query: SQL): Promise<Row> {
  const [row] = await executeOnce<Row>(db, query)
  if (!row) throw new Error('The query returned no row.')
  return row
}
