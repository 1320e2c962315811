import type pg from 'pg'
import { Overloaded } from './overloaded.ts'
import type { Executor } from './statement.ts'
import { shareWaits, waitsOf } from './waits.ts'

/** Milliseconds. */
type Thresholds = {
  /** Work that waits longer is a sign of overload. */
  targetMs: number
  /** The overload begins when there was such work for so long. */
  intervalMs: number
  /** In an overload, new work is admitted while no work waits longer than this. */
  easedMs: number
}

/** `aboveSince` and `easedSince` are the instants since which every look found long waits, or only short ones. */
type Load = { isOverloaded: boolean; aboveSince?: number; easedSince?: number; seenAt: number }

/** An instant of a monotonic clock, and for how long the oldest work has waited by then. */
type Look = { now: number; oldestMs: number }

const idle: Load = { isOverloaded: false, seenAt: 0 }

/**
 * Returns the load after one more look, as CoDel decides it. An overload begins when the oldest work has waited more
 * than `targetMs` for `intervalMs`, and ends when it has waited less than `easedMs` for as long. Looks happen when
 * requests come. Work that began to wait after the last look says nothing about the time between them.
 */
function assess(load: Load, { now, oldestMs }: Look, { targetMs, intervalMs, easedMs }: Thresholds): Load {
  const exceededAt = now - oldestMs + targetMs
  const isContinued = load.aboveSince !== undefined && exceededAt <= load.seenAt
  const aboveSince = oldestMs <= targetMs ? undefined : isContinued ? load.aboveSince : now
  const easedSince = oldestMs > easedMs ? undefined : (load.easedSince ?? now)
  const begins = aboveSince !== undefined && now - aboveSince >= intervalMs
  const ends = easedSince !== undefined && now - easedSince >= intervalMs
  return {
    isOverloaded: begins || (load.isOverloaded && !ends),
    seenAt: now,
    ...(aboveSince !== undefined && { aboveSince }),
    ...(easedSince !== undefined && { easedSince }),
  }
}

/** Returns a function that says whether new work is admitted. `oldestMs` is how long the oldest work has waited. */
export function createGate(
  thresholds: Thresholds,
  oldestMs: () => number,
  { clock = () => performance.now(), onChange }: { clock?: () => number; onChange?: (isOverloaded: boolean) => void },
): () => boolean {
  let load = idle
  return () => {
    const look = { now: clock(), oldestMs: oldestMs() }
    const before = load.isOverloaded
    load = assess(load, look, thresholds)
    if (load.isOverloaded !== before) onChange?.(load.isOverloaded)
    return !load.isOverloaded || look.oldestMs <= thresholds.easedMs
  }
}

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
  const thresholds = { targetMs, intervalMs: targetMs, easedMs: targetMs / 10 }
  const oldestMs = () => Math.max(reads.oldestMs(), writes.oldestMs())
  const refused = { write: 0, read: 0 }
  const gateOf = (kind: 'write' | 'read', thresholds: Thresholds, oldest: () => number) => {
    const admits = createGate(thresholds, oldest, { onChange: (isOverloaded) => onChange?.(kind, isOverloaded) })
    return (): boolean => {
      const isAdmitted = admits()
      if (!isAdmitted) refused[kind]++
      return isAdmitted
    }
  }
  const admitsRead = gateOf('read', { ...thresholds, intervalMs: 5 * targetMs }, reads.oldestMs)
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
    admitsWrite: gateOf('write', thresholds, oldestMs),
    /** Runs single statements of reads. @throws Overloaded when the read is not admitted */
    forReads,
    /** How many writes and reads were not admitted. */
    refused: refused as Readonly<typeof refused>,
    oldestMs,
  }
}
