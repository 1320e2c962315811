import { sql } from 'drizzle-orm'
import type pg from 'pg'
import type { OperatorCause } from '../operators/actions.ts'
import { type ApplyOptions, retryForLocks, withMigrationLimits } from './apply-migration.ts'
import { type Executor, executeOnce } from './statement.ts'

/**
 * Records the Postgres cluster of this installation and its timeline. Raises the epoch when either is another one than
 * before, because transaction ids may begin again. Does nothing when the owner of the functions may not read them.
 * @throws Error when a lock is not free within `waitMs`
 */
export const recordCluster = (client: pg.Client, options: ApplyOptions): Promise<void> =>
  retryForLocks(
    'the new epoch of the feed',
    () => withMigrationLimits(client, () => client.query('select record_cluster()')),
    options,
  )

/** No cluster has this timeline. */
const noTimeline = 0

/**
 * Forgets on which Postgres cluster and timeline the installation ran. The next connection of any process then voids
 * the cache and raises the epoch of the feed, as after a failover. Call it after a restore, because the restored server
 * may show the same cluster and timeline, while versions and transaction ids begin again at the backup. It is recorded
 * as an action of an operator.
 * @returns false when Postgres does not show its timeline, so no process would notice; nothing is changed then
 */
export async function forgetCluster(db: Executor, { actor, reason }: OperatorCause): Promise<boolean> {
  const rows = await executeOnce<object>(
    db,
    sql`with forgotten as (
          update installation set timeline = ${noTimeline} from present_cluster() present
          where present.timeline is not null returning 1
        ), recorded as (
          insert into operator_actions (action, actor, reason, subject)
          select 'installation-restored', ${actor}::text, ${reason}::text, 'installation' from forgotten
        )
        select from forgotten`,
    'cluster_forget',
  )
  return rows.length > 0
}
