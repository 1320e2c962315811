import { setTimeout as sleep } from 'node:timers/promises'
import type { MigrationMeta } from 'drizzle-orm/migrator'
import type pg from 'pg'
import { sqlState } from './sql-state.ts'

/**
 * A role or a database may set limits for its sessions. A statement of a migration takes as long as it needs, but it
 * waits for a lock only briefly: the writers that come after it wait behind it.
 */
export const migrationLimits = (lockTimeoutMs: number) => `
  set local statement_timeout = 0; set local lock_timeout = ${lockTimeoutMs};
  set local idle_in_transaction_session_timeout = 0; set local transaction_timeout = 0; set local timezone = 'UTC'`

const lockTimeoutMs = 500
/** The time between two tries, during which the waiting writers go on. */
const pauseMs = () => 500 + Math.random() * 1_000

export type ApplyOptions = {
  /** Gets one sentence when a migration has to try again for its locks. */
  onWait: (message: string) => void
  /** How long a migration tries to get its locks. */
  waitMs: number
}

/**
 * Applies a migration in a transaction of its own, and tries again when a lock is not free. A migration that builds
 * or drops an index concurrently runs without a transaction.
 * @throws Error when a lock is not free within `waitMs`
 */
export async function applyMigration(
  client: pg.Client,
  migration: MigrationMeta & { tag: string },
  options: ApplyOptions,
): Promise<void> {
  if (migration.sql.some(runsConcurrently)) return applyConcurrently(client, migration)
  await retryForLocks(`the migration ${migration.tag}`, () => applyInTransaction(client, migration), options)
}

/**
 * Repeats `work`, which `subject` names in messages, until its locks are free.
 * @throws Error when a lock is not free within `waitMs`
 */
export async function retryForLocks(
  subject: string,
  work: () => Promise<unknown>,
  { onWait, waitMs }: ApplyOptions,
): Promise<void> {
  const startedAt = performance.now()
  for (let tries = 0; ; tries++) {
    try {
      await work()
      return
    } catch (error) {
      if (!isLockConflict(error)) throw error
      if (performance.now() - startedAt > waitMs)
        throw new Error(
          `${subject} did not get its locks within ${waitMs / 1_000} s: ` +
            'end the long transactions in pg_stat_activity',
          { cause: error },
        )
      if (tries === 0) onWait(`waiting for the locks of ${subject}`)
      await sleep(pauseMs())
    }
  }
}

const applyInTransaction = (client: pg.Client, migration: MigrationMeta) =>
  withMigrationLimits(client, async () => {
    for (const statement of migration.sql) await client.query(statement)
    await record(client, migration)
  })

/** Runs `work` in a transaction with the limits of a migration, or with others. */
export async function withMigrationLimits<T>(
  client: pg.Client,
  work: () => Promise<T>,
  limits = migrationLimits(lockTimeoutMs),
): Promise<T> {
  await client.query('begin isolation level read committed')
  try {
    await client.query(limits)
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

const runsConcurrently = (statement: string) =>
  /^\s*(create\s+(unique\s+)?index|drop\s+index|reindex\s+\w+)\s+concurrently\b/im.test(statement)

/**
 * Building an index concurrently waits for older transactions, and no writer waits for it. A failed migration starts
 * again from its first statement.
 */
async function applyConcurrently(client: pg.Client, migration: MigrationMeta): Promise<void> {
  await client.query('set statement_timeout = 0; set lock_timeout = 0')
  for (const statement of migration.sql) await client.query(statement)
  await record(client, migration)
}

const record = (client: pg.Client, { hash, folderMillis }: MigrationMeta) =>
  client.query('insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)', [hash, folderMillis])

const lockNotAvailable = '55P03'
const deadlock = '40P01'

function isLockConflict(error: unknown): boolean {
  const state = sqlState(error)
  return state === lockNotAvailable || state === deadlock
}
