import { ensurePartitions, inTransaction, type Tx } from '@goals-tasks/db'
import type pg from 'pg'
import type { Logger } from 'pino'

const retentionDays = 30
const idempotencyKeyHours = 24
const rowsPerDelete = 10_000

/**
 * The hourly chores: partitions for the weeks to come, farewell to those past the retention, and to Idempotency-Keys older
 * than a day. One process at a time; the others find the lock taken and leave it to that one. Needs no Redis.
 */
export async function runChores(pool: pg.Pool, log: Logger): Promise<void> {
  await ensurePartitions(pool)
  const forgotten = await forgetIdempotencyKeys(pool)
  if (forgotten > 0) log.info({ count: forgotten }, 'idempotency keys are forgotten')
  const dropped = await dropExpiredPartitions(pool)
  if (dropped > 0) log.info({ count: dropped }, 'weeks of events beyond the retention are dropped')
}

/** In small transactions, oldest first. */
async function forgetIdempotencyKeys(pool: pg.Pool): Promise<number> {
  for (let sum = 0; ; ) {
    const count = await inTurn(pool, (tx) =>
      tx.query(
        `delete from idempotency_keys where ctid = any(array(
           select ctid from idempotency_keys where created_at < now() - make_interval(hours => $1) order by created_at limit $2))`,
        [idempotencyKeyHours, rowsPerDelete],
      ),
    )
    sum += count
    if (count < rowsPerDelete) return sum
  }
}

/** It locks the whole table for a moment, and everyone queues behind that: rather not this hour than for long. */
function dropExpiredPartitions(pool: pg.Pool): Promise<number> {
  return inTurn(pool, async (tx) => {
    await tx.query(`set local lock_timeout = '1s'`)
    return tx.query('select drop_expired_event_partitions(make_interval(days => $1))', [retentionDays])
  })
}

/** @returns the rows of `work`; 0 when another process is at it */
function inTurn(pool: pg.Pool, work: (tx: Tx) => Promise<pg.QueryResult>): Promise<number> {
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query(`select pg_try_advisory_xact_lock(hashtext('goals-tasks chores')) as mine`)
    if (rows[0]?.mine !== true) return 0
    return (await work(tx)).rowCount ?? 0
  })
}
