import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import { type DoctorFinding, ok, problem, unknown, warning } from './finding.ts'

type Standbys = { commit: string; names: string; all: number; synchronous: number; mayLook: boolean }

/** Checks whether a commit waits for a standby, so that a failover loses none. */
export async function checkStandbys(db: Executor): Promise<DoctorFinding> {
  const [row] = await executeOnce<Standbys>(
    db,
    sql`select current_setting('synchronous_commit') as commit, current_setting('synchronous_standby_names') as names,
               count(pid)::int as all,
               (count(*) filter (where sync_state in ('sync', 'quorum')))::int as synchronous,
               pg_has_role('pg_read_all_stats', 'usage') as "mayLook"
        from (select) one left join pg_stat_replication on true`,
  )
  const check = 'Postgres: synchronous standby'
  return row ? judgeStandbys(check, row) : unknown(check, 'Postgres does not say', 'look yourself')
}

function judgeStandbys(check: string, { commit, names, all, synchronous, mayLook }: Standbys): DoctorFinding {
  if (names === '')
    return warning(
      check,
      `not set up, and ${all} others are connected: when the primary is lost for good, its last commits are lost too`,
      'set synchronous_standby_names, if you need more than the backup',
    )
  if (commit === 'off' || commit === 'local')
    return problem(
      check,
      `synchronous_commit is ${commit}, so no commit waits for ${names}`,
      'set synchronous_commit = on, for the server and for the role',
    )
  if (!mayLook) return unknown(check, `the role may not look at ${names}`, 'grant pg_read_all_stats to the role')
  if (synchronous === 0)
    return problem(
      check,
      `no standby is connected for ${names}: commits wait`,
      'start the standby, or change synchronous_standby_names',
    )
  return ok(check, `${synchronous} connected`)
}
