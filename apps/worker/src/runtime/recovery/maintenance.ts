import {
  deleteOldAuditRows,
  ensurePartitions,
  eventRetentionDays,
  notificationRetentionDays,
  purgeExpired,
  startAuditRound,
  syncRunRetentionDays,
  type Tx,
  webhookAttemptRetentionDays,
} from '@goals-tasks/db'
import type { Counter } from '@goals-tasks/observability'
import type { Logger } from 'pino'
import { type Publishing, withLock } from './with-lock.ts'

const idempotencyKeyHours = 24
const rowsPerDelete = 10_000
/** A small batch: each transaction locks its tasks and the tasks that depend on them. */
const rowsPerPurge = 500

export type Maintenance = Publishing & {
  /** Days after which deleted goals and tasks are purged. */
  retentionDays: number
  /** Days after which audit rows are deleted. Undefined keeps them all. */
  auditRetentionDays?: number | undefined
  purged: Counter<'entity'>
  log: Logger
}

/**
 * The hourly maintenance: creates the partitions of the coming weeks, drops those past the retention, deletes
 * Idempotency-Keys and confirmations older than a day, old notifications, digests, requests to webhooks, sync runs,
 * reminders and audit rows, and purges goals and tasks that were deleted long ago. One process does a step at a time;
 * the others find its lock taken and skip it. It needs no Redis.
 */
export async function runMaintenance(maintenance: Maintenance): Promise<void> {
  const { pool, log } = maintenance
  await ensurePartitions(pool)
  const keys = await deleteIdempotencyKeys(maintenance)
  if (keys > 0) log.info({ count: keys }, 'expired idempotency keys deleted')
  const notifications = await deleteNotifications(maintenance)
  if (notifications > 0) log.info({ count: notifications }, 'old notifications deleted')
  const attempts = await deleteWebhookAttempts(maintenance)
  if (attempts > 0) log.info({ count: attempts }, 'old requests to webhooks deleted')
  const runs = await deleteSyncRuns(maintenance)
  if (runs > 0) log.info({ count: runs }, 'old sync runs deleted')
  const reminders = await deleteReminders(maintenance)
  if (reminders > 0) log.info({ count: reminders }, 'old reminders deleted')
  const confirmations = await deleteConfirmations(maintenance)
  if (confirmations > 0) log.info({ count: confirmations }, 'expired confirmations deleted')
  const purged = await purge(maintenance)
  if (purged.goals + purged.tasks > 0) log.info(purged, 'expired goals and tasks purged')
  const auditRows = await deleteAuditRows(maintenance)
  if (auditRows > 0) log.info({ count: auditRows }, 'old audit rows deleted')
  const dropped = await dropExpiredPartitions(maintenance)
  if (dropped > 0) log.info({ count: dropped }, 'expired event partitions dropped')
}

/** Purges in small transactions, the longest deleted first. Each publishes the events of the dependents it changed. */
async function purge(maintenance: Maintenance) {
  const { retentionDays, purged } = maintenance
  const sum = { goals: 0, tasks: 0 }
  for (;;) {
    const batch = await withLock(maintenance, locks.purge, (tx) =>
      purgeExpired(tx, { days: retentionDays, limit: rowsPerPurge }),
    )
    if (!batch) return sum
    purged.inc({ entity: 'goal' }, batch.goals)
    purged.inc({ entity: 'task' }, batch.tasks)
    sum.goals += batch.goals
    sum.tasks += batch.tasks
    if (batch.goals < rowsPerPurge && batch.tasks < rowsPerPurge) return sum
  }
}

const deleteIdempotencyKeys = (maintenance: Maintenance) =>
  deleteInBatches(maintenance, locks.idempotencyKeys, (tx) =>
    tx.query(
      `delete from idempotency_keys where ctid = any(array(
         select ctid from idempotency_keys where created_at < now() - make_interval(hours => $1)
         order by created_at limit $2))`,
      [idempotencyKeyHours, rowsPerDelete],
    ),
  )

/** They have expired by then, and count for no limit. */
const deleteConfirmations = (maintenance: Maintenance) =>
  deleteInBatches(maintenance, locks.confirmations, (tx) =>
    tx.query(
      `delete from contact_confirmations where id = any(array(
         select id from contact_confirmations where requested_at < now() - interval '24 hours'
         order by requested_at limit $1))`,
      [rowsPerDelete],
    ),
  )

/** A digest goes with its notifications. */
async function deleteNotifications(maintenance: Maintenance): Promise<number> {
  await deleteOldRows(maintenance, locks.digests, { table: 'mail_digests', days: notificationRetentionDays })
  const deleted = await deleteOldRows(maintenance, locks.notifications, {
    table: 'notifications',
    days: notificationRetentionDays,
  })
  maintenance.purged.inc({ entity: 'notification' }, deleted)
  return deleted
}

const deleteWebhookAttempts = (maintenance: Maintenance) =>
  deleteOldRows(maintenance, locks.webhookAttempts, { table: 'webhook_attempts', days: webhookAttemptRetentionDays })

const deleteSyncRuns = (maintenance: Maintenance) =>
  deleteOldRows(maintenance, locks.syncRuns, { table: 'sync_runs', days: syncRunRetentionDays })

/** A reminder goes with its event. By then it is long too late to make it again. */
async function deleteReminders(maintenance: Maintenance): Promise<number> {
  const deleted = await deleteOldRows(maintenance, locks.reminders, { table: 'reminders', days: eventRetentionDays })
  maintenance.purged.inc({ entity: 'reminder' }, deleted)
  return deleted
}

/** Another process that comes meanwhile continues at the block that this one has reached. */
async function deleteAuditRows(maintenance: Maintenance): Promise<number> {
  const { auditRetentionDays: days, purged } = maintenance
  if (days === undefined) return 0
  let sum = 0
  for (const entity of ['goal', 'task'] as const) {
    const lock = locks[`${entity}AuditRows`]
    await withLock(maintenance, lock, (tx) => startAuditRound(tx, { entity, days }))
    for (let hasMore = true; hasMore; ) {
      const batch = await withLock(maintenance, lock, (tx) => deleteOldAuditRows(tx, entity))
      sum += batch?.deleted ?? 0
      hasMore = batch?.hasMore ?? false
    }
  }
  purged.inc({ entity: 'audit-row' }, sum)
  return sum
}

type OldRows = {
  table: 'notifications' | 'mail_digests' | 'webhook_attempts' | 'sync_runs' | 'reminders'
  days: number
}

/** Deletes rows that are older. An id contains the time of its row, so the primary key leads to the oldest ones. */
const deleteOldRows = (maintenance: Maintenance, lock: Lock, { table, days }: OldRows) =>
  deleteInBatches(maintenance, lock, (tx) =>
    tx.query(
      `delete from ${table} where id = any(array(
         select id from ${table} where id < uuidv7_floor(now() - make_interval(days => $1))
         order by id limit $2))`,
      [days, rowsPerDelete],
    ),
  )

/** Deletes up to `rowsPerDelete` rows per transaction, the oldest first, until a transaction deletes fewer. */
async function deleteInBatches(
  maintenance: Maintenance,
  lock: Lock,
  deleteBatch: (tx: Tx) => Promise<{ rowCount: number | null }>,
): Promise<number> {
  for (let sum = 0; ; ) {
    const deleted = await withLock(maintenance, lock, deleteBatch)
    const count = deleted?.rowCount ?? 0
    sum += count
    if (count < rowsPerDelete) return sum
  }
}

/**
 * Dropping locks the whole table for a moment, and every statement on it queues behind that lock. So a drop that gets
 * no lock within a second is left to the next hour.
 */
async function dropExpiredPartitions(maintenance: Maintenance): Promise<number> {
  const dropped = await withLock(maintenance, locks.partitions, async (tx) => {
    await tx.query(`set local lock_timeout = '1s'`)
    return tx.query('select drop_expired_event_partitions(make_interval(days => $1))', [eventRetentionDays])
  })
  return dropped?.rowCount ?? 0
}

/**
 * One lock per step: a process that works on another step must not make the last purging process stop early.
 * The name of the first one stays: processes of the previous release use it, and both must exclude each other.
 */
const locks = {
  purge: 'goals-tasks chores',
  idempotencyKeys: 'goals-tasks maintenance: idempotency keys',
  goalAuditRows: 'goals-tasks maintenance: audit rows of goals',
  taskAuditRows: 'goals-tasks maintenance: audit rows of tasks',
  partitions: 'goals-tasks maintenance: partitions',
  notifications: 'goals-tasks maintenance: notifications',
  digests: 'goals-tasks maintenance: digests',
  webhookAttempts: 'goals-tasks maintenance: webhook attempts',
  syncRuns: 'goals-tasks maintenance: sync runs',
  reminders: 'goals-tasks maintenance: reminders',
  confirmations: 'goals-tasks maintenance: confirmations',
} as const
type Lock = (typeof locks)[keyof typeof locks]
