import { ensurePartitions, eventRetentionDays, inTransaction, purgeExpired, type Tx } from '@goals-tasks/db'
import type { Dispatcher } from '@goals-tasks/events'
import type { Counter } from '@goals-tasks/observability'
import type pg from 'pg'
import type { Logger } from 'pino'

const idempotencyKeyHours = 24
const rowsPerDelete = 10_000
/** Few, since each holds the locks of its tasks and of whoever waits for them. */
const rowsPerPurge = 500

export type Maintenance = {
  pool: pg.Pool
  dispatcher: Pick<Dispatcher, 'dispatch'>
  /** Days after which what was deleted goes for good. */
  retentionDays: number
  purged: Counter<'entity'>
  log: Logger
}

/**
 * The hourly chores: partitions for the weeks to come, farewell to those past the retention, to Idempotency-Keys older
 * than a day, and to what was deleted long ago. One process at a time; the others find the lock taken and leave it to that
 * one. Needs no Redis.
 */
export async function runMaintenance(maintenance: Maintenance): Promise<void> {
  const { pool, log } = maintenance
  await ensurePartitions(pool)
  const forgotten = await forgetIdempotencyKeys(maintenance)
  if (forgotten > 0) log.info({ count: forgotten }, 'idempotency keys are forgotten')
  const purged = await purge(maintenance)
  if (purged.goals + purged.tasks > 0) log.info(purged, 'goals and tasks deleted long ago are purged')
  const dropped = await dropExpiredPartitions(maintenance)
  if (dropped > 0) log.info({ count: dropped }, 'weeks of events beyond the retention are dropped')
}

/** In small transactions, the longest deleted first, each of which tells those that waited for what is gone. */
async function purge(maintenance: Maintenance) {
  const { retentionDays, purged } = maintenance
  const sum = { goals: 0, tasks: 0 }
  for (;;) {
    const batch = await inTurn(maintenance, (tx) => purgeExpired(tx, { days: retentionDays, limit: rowsPerPurge }))
    if (!batch) return sum
    purged.inc({ entity: 'goal' }, batch.goals)
    purged.inc({ entity: 'task' }, batch.tasks)
    sum.goals += batch.goals
    sum.tasks += batch.tasks
    if (batch.goals < rowsPerPurge && batch.tasks < rowsPerPurge) return sum
  }
}

/** In small transactions, oldest first. */
async function forgetIdempotencyKeys(maintenance: Maintenance): Promise<number> {
  for (let sum = 0; ; ) {
    const deleted = await inTurn(maintenance, (tx) =>
      tx.query(
        `delete from idempotency_keys where ctid = any(array(
           select ctid from idempotency_keys where created_at < now() - make_interval(hours => $1) order by created_at limit $2))`,
        [idempotencyKeyHours, rowsPerDelete],
      ),
    )
    const count = deleted?.rowCount ?? 0
    sum += count
    if (count < rowsPerDelete) return sum
  }
}

/** It locks the whole table for a moment, and everyone queues behind that: rather not this hour than for long. */
async function dropExpiredPartitions(maintenance: Maintenance): Promise<number> {
  const dropped = await inTurn(maintenance, async (tx) => {
    await tx.query(`set local lock_timeout = '1s'`)
    return tx.query('select drop_expired_event_partitions(make_interval(days => $1))', [eventRetentionDays])
  })
  return dropped?.rowCount ?? 0
}

/** Runs `work` in a transaction, unless another process does maintenance right now. @returns undefined in that case */
function inTurn<T>({ pool, dispatcher }: Maintenance, work: (tx: Tx) => Promise<T>): Promise<T | undefined> {
  return inTransaction(pool, dispatcher.dispatch, async (tx) => {
    const { rows } = await tx.query(`select pg_try_advisory_xact_lock(hashtext('goals-tasks chores')) as mine`)
    return rows[0]?.mine === true ? work(tx) : undefined
  })
}
