import type pg from 'pg'
import { Overloaded } from './overloaded.ts'
import type { Executor } from './statement.ts'
import { shareWaits, waitsOf } from './waits.ts'

type Thresholds = {
  /** Work that waits longer is a sign of overload, in milliseconds. */
  targetMs: number
  /** The overload begins when there was such work for so long, and ends when nothing was refused for so long. */
  intervalMs: number
  /** In an overload, new work is admitted while no work waits longer than this, and less work than `maxWaiting`. */
  easedMs: number
  maxWaiting: number
}

/** `aboveSince` is the instant since which every look found long waits. `refusedAt` is that of the last refusal. */
type Load = { isOverloaded: boolean; aboveSince?: number; refusedAt?: number; seenAt: number }

/** An instant of a monotonic clock, and for how long the oldest work has waited by then. */
type Look = { now: number; oldestMs: number }

/**
 * Returns the load after one more look, as CoDel decides it. Looks happen when requests come. Work that began to wait
 * after the last look says nothing about the time between them.
 */
function assess(load: Load, { now, oldestMs }: Look, { targetMs, intervalMs }: Thresholds): Load {
  const exceededAt = now - oldestMs + targetMs
  const isContinued = load.aboveSince !== undefined && exceededAt <= load.seenAt
  const aboveSince = oldestMs <= targetMs ? undefined : isContinued ? load.aboveSince : now
  const begins = aboveSince !== undefined && now - aboveSince >= intervalMs
  const ends = load.refusedAt !== undefined && now - load.refusedAt >= intervalMs
  return {
    isOverloaded: begins || (load.isOverloaded && !ends),
    seenAt: now,
    ...(aboveSince !== undefined && { aboveSince }),
    ...(load.refusedAt !== undefined && { refusedAt: load.refusedAt }),
  }
}

/** The waiting work: for how long the oldest has waited, and how much it is. */
type Waiting = { oldestMs: () => number; count: () => number }

/**
 * Returns a function that says whether new work is admitted. The bound of `maxWaiting` keeps the batches of an overload
 * small: many requests come in one turn of the event loop, in which none of them has waited yet.
 */
export function createGate(
  thresholds: Thresholds,
  waiting: Waiting,
  { clock = () => performance.now(), onChange }: { clock?: () => number; onChange?: (isOverloaded: boolean) => void },
): () => boolean {
  let load: Load = { isOverloaded: false, seenAt: 0 }
  return () => {
    const look = { now: clock(), oldestMs: waiting.oldestMs() }
    const before = load.isOverloaded
    load = assess(load, look, thresholds)
    if (load.isOverloaded !== before) onChange?.(load.isOverloaded)
    if (!load.isOverloaded) return true
    const isAdmitted = look.oldestMs <= thresholds.easedMs && waiting.count() < thresholds.maxWaiting
    if (!isAdmitted) load.refusedAt = look.now
    return isAdmitted
  }
}

/**
 * About as much as each statement has at the full load of 64 clients, so Postgres does as much in an overload. Without
 * this bound, statements of an overload had 83 rows and took 34 ms instead of 15.
 */
const maxWaiting = 24

export type Admission = ReturnType<typeof createAdmission>

/**
 * Bounds the time that work waits for Postgres. Work of writes and of reads waits in natural batches, for a connection,
 * and for the turn of a transaction. Once some of it has waited more than `targetMs` for as long, new writes are not
 * admitted. Once reads wait so for five times as long, reads that need Postgres are not admitted either.
 */
export function createAdmission(
  pool: pg.Pool,
  options: { targetMs: number; onChange?: (kind: 'write' | 'read', isOverloaded: boolean) => void },
) {
  const { targetMs, onChange } = options
  const { reads, writes } = waitsOf(pool)
  const thresholds = { targetMs, intervalMs: targetMs, easedMs: targetMs / 10, maxWaiting }
  const oldestMs = () => Math.max(reads.oldestMs(), writes.oldestMs())
  const refused = { write: 0, read: 0 }
  const gateOf = (kind: 'write' | 'read', thresholds: Thresholds, waiting: Waiting) => {
    const admits = createGate(thresholds, waiting, { onChange: (isOverloaded) => onChange?.(kind, isOverloaded) })
    return (): boolean => {
      const isAdmitted = admits()
      if (!isAdmitted) refused[kind]++
      return isAdmitted
    }
  }
  const admitsRead = gateOf('read', { ...thresholds, intervalMs: 5 * targetMs }, reads)
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown
  const forReads = {
    query(...args: unknown[]) {
      if (!admitsRead()) throw new Overloaded('reads wait for Postgres')
      return query(...args)
    },
  } as Executor
  shareWaits(forReads, pool)
  return {
    /** Returns whether a new write may begin. */
    admitsWrite: gateOf('write', thresholds, { oldestMs, count: writes.count }),
    /** Runs single statements of reads. @throws Overloaded when the read is not admitted */
    forReads,
    /** How many writes and reads were not admitted. */
    refused: refused as Readonly<typeof refused>,
    oldestMs,
  }
}
