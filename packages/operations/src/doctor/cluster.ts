import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import { type DoctorFinding, ok, problem, unknown } from './finding.ts'

type Clusters = { timeline: number | null; cluster: string | null; recorded: string; isRecorded: boolean }

/**
 * Shows the timeline, which rises at each failover and recovery, and checks that it and the cluster are the ones for
 * which the cache and the feed were set up. Otherwise versions and transaction ids may have begun again.
 */
export async function checkCluster(db: Executor): Promise<DoctorFinding> {
  const [row] = await executeOnce<Clusters>(
    db,
    sql`select present.timeline, present.system_identifier::text as cluster,
               concat('timeline ', recorded.timeline, ' of ', recorded.system_identifier) as recorded,
               present.timeline is not distinct from recorded.timeline
                 and coalesce(present.system_identifier = recorded.system_identifier, true) as "isRecorded"
        from present_cluster() present, installation recorded`,
  )
  const check = 'Postgres: timeline'
  if (!row || row.timeline === null)
    return unknown(
      check,
      'the server does not show its timeline, so no process notices a failover',
      'after a failover, empty the Redis of the cache and call raise_epoch() as the owner of the tables',
    )
  const fact = `${row.timeline}, of the cluster ${row.cluster ?? 'unknown'}`
  if (row.isRecorded) return ok(check, fact)
  return problem(
    check,
    `${fact}: no process has noticed that it is not ${row.recorded}`,
    'check that an API or a worker reaches the Redis of the cache; after a restore, run `npm run migrate` before',
  )
}
