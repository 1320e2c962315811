import { setTimeout as sleep } from 'node:timers/promises'
import { type DeadLetterFilter, discardDeadLetters, executeOnce, replayDeadLetters } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import type { OpsQueues } from '../queues.ts'
import { enqueueReplayed, unmirrorDiscarded, type WarningLog } from './update-queues.ts'

const maxBatch = 100

type Deps = { pool: pg.Pool; queues: OpsQueues; log: WarningLog }
export type BatchOptions = {
  /** At most so many dead letters are changed. Default: no limit. */
  limit?: number
  /** At most so many per second. Default: no limit. */
  ratePerSecond?: number
  /** Stops between two batches of at most a hundred. */
  signal?: AbortSignal
  /** Gets the number of all dead letters that have been changed so far, after each batch. */
  onProgress?: (changed: number) => void
}

/**
 * Replays the dead letters that match, the oldest first, in batches. It takes those that exist at its start: an event
 * that fails again during the replay is not replayed again.
 * @returns how many it replayed
 */
export async function replayInBatches(deps: Deps, filter: DeadLetterFilter, options: BatchOptions): Promise<number> {
  const existing = await upToNow(deps.pool, filter)
  return inBatches(options, async (limit) => {
    const replayed = await replayDeadLetters(deps.pool, existing, limit)
    await enqueueReplayed(deps.queues, replayed, deps.log)
    return replayed.length
  })
}

/** Discards the dead letters that match and exist at its start, in batches. @returns how many it discarded */
export async function discardInBatches(deps: Deps, filter: DeadLetterFilter, options: BatchOptions): Promise<number> {
  const existing = await upToNow(deps.pool, filter)
  return inBatches(options, async (limit) => {
    const discarded = await discardDeadLetters(deps.pool, existing, limit)
    await unmirrorDiscarded(deps.queues, discarded, deps.log)
    return discarded.length
  })
}

async function inBatches(options: BatchOptions, change: (limit: number) => Promise<number>): Promise<number> {
  const { limit = Number.POSITIVE_INFINITY, ratePerSecond = Number.POSITIVE_INFINITY, signal, onProgress } = options
  let changed = 0
  while (changed < limit && !signal?.aborted) {
    const startedAt = performance.now()
    const size = Math.min(maxBatch, ratePerSecond, limit - changed)
    const count = await change(size)
    changed += count
    onProgress?.(changed)
    if (count < size) break
    const waitMs = (size / ratePerSecond) * 1_000 - (performance.now() - startedAt)
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
  return row ? { ...filter, diedBefore: row.before } : filter
}
