import type pg from 'pg'
import { type ApplyOptions, retryForLocks, withMigrationLimits } from './apply-migration.ts'

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
