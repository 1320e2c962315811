import type pg from 'pg'
import { type ApplyOptions, retryForLocks } from './apply-migration.ts'
import { sqlState } from './sql-state.ts'

const insufficientPrivilege = '42501'

/**
 * Records the Postgres cluster of this installation. Raises the epoch when the database was restored into another
 * cluster, because the transaction ids of that one may be lower. Does nothing when the role may not read the identifier
 * of the cluster.
 * @throws Error when a lock is not free within `waitMs`
 */
export async function recordCluster(client: pg.Client, options: ApplyOptions): Promise<void> {
  const present = await readSystemIdentifier(client)
  if (present === undefined) return
  await client.query('update installation set system_identifier = $1 where system_identifier is null', [present])
  const { rows } = await client.query('select from installation where system_identifier <> $1', [present])
  if (rows.length > 0)
    await retryForLocks('the new epoch of the feed', () => client.query('select raise_epoch($1)', [present]), options)
}

/** Returns the identifier that `initdb` gave the cluster, or undefined when the role may not read it. */
async function readSystemIdentifier(client: pg.Client): Promise<string | undefined> {
  try {
    const { rows } = await client.query('select system_identifier::text as identifier from pg_control_system()')
    return rows[0]?.identifier
  } catch (error) {
    if (sqlState(error) === insufficientPrivilege) return undefined
    throw error
  }
}
