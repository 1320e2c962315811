import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import { type DoctorFinding, ok, problem } from './finding.ts'

type Identity = { timeline: number; cluster: string; isKnown: boolean }

/**
 * Shows the timeline, which rises at each failover and restore, and checks that the cluster is the one for which the
 * feed was set up. In another cluster the transaction ids may be lower, and readers of the feed would miss events.
 */
export async function checkCluster(db: Executor): Promise<DoctorFinding> {
  const [row] = await executeOnce<Identity>(
    db,
    sql`select timeline_id as timeline, system_identifier::text as cluster,
               not exists (select from installation i where i.system_identifier <> control.system_identifier)
                 as "isKnown"
        from pg_control_checkpoint() checkpoint, pg_control_system() control`,
  )
  const check = 'Postgres: timeline'
  const fact = `${row?.timeline}, of the cluster ${row?.cluster}`
  if (row?.isKnown) return ok(check, fact)
  return problem(
    check,
    `${fact}: the database was restored from another cluster`,
    'run `npm run migrate`, which raises the epoch of the feed, before the processes start',
  )
}
