import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { migrationLimits, withMigrationLimits } from './apply-migration.ts'

export type LockOptions = {
  /** Gets one sentence when another migration is running, and one per migration that waits for its locks. */
  onWait?: (message: string) => void
  /** How long to wait for another migration, and for the locks of each migration. Ten minutes by default. */
  waitMs?: number
}

const retryEveryMs = 500

/**
 * Runs `work` while a transaction on `client` holds the lock of the migrator. A transaction pooler cannot keep such a
 * lock after the transaction. The transaction holds nothing else, so no statement of `work` waits for it. Version 0.2
 * holds the same lock for its session.
 * @throws Error naming the holder when the lock is not free within `waitMs`
 */
export async function withMigrationLock<T>(
  client: pg.Client,
  { onWait = () => undefined, waitMs = 600_000 }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now()
  for (let tries = 0; ; tries++) {
    const { done, holder } = await tryWithLock(client, work)
    if (done) return done.result
    if (tries === 0) onWait(`waiting for another migration (${holder})`)
    if (performance.now() - startedAt > waitMs)
      throw new Error(`another migration is still running after ${waitMs / 1_000} s (${holder}): end it if it hangs`)
    await sleep(retryEveryMs)
  }
}

type Tried<T> = { done: { result: T }; holder?: never } | { done?: never; holder: string }

/**
 * Runs `work` when the lock is free. The transaction of a try ends before the next one: the holder waits for it when it
 * builds an index concurrently, and would wait for as long as the migrator that waits for the lock.
 */
const tryWithLock = <T>(client: pg.Client, work: () => Promise<T>): Promise<Tried<T>> =>
  withMigrationLimits(
    client,
    async () => {
      const { rows } = await client.query(`select pg_try_advisory_xact_lock(hashtext('goals-tasks migrate')) as locked`)
      return rows[0]?.locked ? { done: { result: await work() } } : { holder: await describeHolder(client) }
    },
    migrationLimits(0),
  )

async function describeHolder(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; since: string; name: string }>(
    `select pid, application_name as name,
            to_char(coalesce(xact_start, backend_start) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
     from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and pid <> pg_backend_pid()
       and database = (select oid from pg_database where datname = current_database()) and objsubid = 1
       and (classid::bigint << 32 | objid::bigint) = hashtext('goals-tasks migrate')::bigint
     limit 1`,
  )
  const [holder] = rows
  return holder
    ? `Postgres process ${holder.pid}, ${holder.name || 'without a name'}, since ${holder.since}`
    : 'its process is unknown'
}
