import { setTimeout as sleep } from 'node:timers/promises'
import { type DeadLetterFilter, executeOnce, type OperatorCause } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import type { OpsQueues } from '../queues.ts'
import { discardRecorded, type RecordedChange, replayRecorded } from './recorded-changes.ts'
import { enqueueReplayed, unmirrorDiscarded, type WarningLog } from './update-queues.ts'

const maxBatch = 100

type Deps = { pool: pg.Pool; queues: OpsQueues; log: WarningLog }
export type BatchOptions = {
  /** Recorded with each batch. */
  cause: OperatorCause
  /** At most so many dead letters are changed. Default: no limit. */
  limit?: number
  /** At most so many per second. Default: no limit. */
  ratePerSecond?: number
  /** Stops between two batches of at most a hundred. */
  signal?: AbortSignal
  /** Gets the number of all dead letters that have been changed so far, after each batch. The next one waits for it. */
  onProgress?: (changed: number) => void | Promise<void>
}

type UpdateQueues<Row> = (queues: OpsQueues, rows: readonly Row[], log: WarningLog) => Promise<void>

const inBatches =
  <Row>(change: RecordedChange<Row>, updateQueues: UpdateQueues<Row>) =>
  async ({ pool, queues, log }: Deps, filter: DeadLetterFilter, options: BatchOptions): Promise<number> => {
    const existing = await upToNow(pool, filter)
    return repeatChange(options, async (limit) => {
      const rows = await change(pool, options.cause, existing, limit)
      await updateQueues(queues, rows, log)
      return rows.length
    })
  }

/**
 * Replays the dead letters that match, the oldest first, in batches. It takes those that exist at its start: an event
 * that fails again during the replay is not replayed again.
 * @returns how many it replayed
 */
export const replayInBatches = inBatches(replayRecorded, enqueueReplayed)

/** Discards the dead letters that match and exist at its start, in batches. @returns how many it discarded */
export const discardInBatches = inBatches(discardRecorded, unmirrorDiscarded)

/** Ends when nothing is left to change. A batch is small when a parallel run holds the other dead letters. */
async function repeatChange(options: BatchOptions, change: (limit: number) => Promise<number>): Promise<number> {
  const { limit = Number.POSITIVE_INFINITY, ratePerSecond = Number.POSITIVE_INFINITY, signal, onProgress } = options
  let changed = 0
  while (changed < limit && !signal?.aborted) {
    const startedAt = performance.now()
    const count = await change(Math.min(maxBatch, ratePerSecond, limit - changed))
    if (count === 0) break
    changed += count
    await onProgress?.(changed)
    const waitMs = (count / ratePerSecond) * 1_000 - (performance.now() - startedAt)
    if (waitMs > 0) await sleep(waitMs, undefined, { ...(signal && { signal }) }).catch(() => undefined)
  }
  return changed
}

/** Restricts the filter to dead letters that exist now. `died_at` is rounded to milliseconds. */
async function upToNow(pool: pg.Pool, filter: DeadLetterFilter): Promise<DeadLetterFilter> {
  const [row] = await executeOnce<{ before: string }>(
    pool,
    sql`select rfc3339(least(${filter.diedBefore ?? null}::timestamptz, now() + interval '1 millisecond')) as before`,
  )
  if (!row) throw new Error('Postgres returned no row for the time of the query')
  return { ...filter, diedBefore: row.before }
}
