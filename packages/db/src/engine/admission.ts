import type pg from 'pg'
import { Overloaded } from './overloaded.ts'
import type { Executor } from './statement.ts'
import { shareWaits, waitsOf } from './waits.ts'

type Thresholds = {
  /** Work that waits longer is a sign of overload, in milliseconds. */
  targetMs: number
  /** The overload begins when there was such work for so long, and is judged again after each such interval. */
  intervalMs: number
  /** In an overload, new work is admitted while no work waits longer than this, and less work than `maxWaiting`. */
  easedMs: number
  maxWaiting: number
}

/** `aboveSince` is the instant since which every look found long waits. */
type Load = { aboveSince?: number; seenAt: number }

/** An instant of a monotonic clock, and for how long the oldest work has waited by then. */
type Look = { now: number; oldestMs: number }

/**
 * Returns the load after one more look, as CoDel decides it. Looks happen when requests come. Work that began to wait
 * after the last look says nothing about the time between them.
 */
function assess(load: Load, { now, oldestMs }: Look, { targetMs }: Thresholds): Load {
  const exceededAt = now - oldestMs + targetMs
  const isContinued = load.aboveSince !== undefined && exceededAt <= load.seenAt
  const aboveSince = oldestMs <= targetMs ? undefined : isContinued ? load.aboveSince : now
  return { seenAt: now, ...(aboveSince !== undefined && { aboveSince }) }
}

/** An interval of an overload, with its requests so far. */
type Interval = { since: number; requests: number; refused: number }

/**
 * Returns whether an overload goes on after this interval. A tenth more requests than Postgres can execute let the
 * waits grow slowly, so the overload may end. Otherwise a load near the capacity would never leave it.
 */
const goesOn = ({ requests, refused }: Interval): boolean => refused > requests / 10

/**
 * After so many intervals without a long wait an overload ends, whatever it refuses: work that always waits longer than
 * `easedMs`, as on a slow disk, is no overload. A real one begins again at once.
 */
const maxEasedIntervals = 300

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
  let load: Load = { seenAt: 0 }
  /** Undefined while there is no overload. */
  let interval: Interval | undefined
  let longWaitAt = 0

  function judge({ now, oldestMs }: Look): void {
    load = assess(load, { now, oldestMs }, thresholds)
    const { targetMs, intervalMs } = thresholds
    if (oldestMs > targetMs) longWaitAt = now
    const isEased = now - longWaitAt >= maxEasedIntervals * intervalMs
    const begins = load.aboveSince !== undefined && now - load.aboveSince >= intervalMs
    const isOver = interval !== undefined && now - interval.since >= intervalMs
    if (interval ? !isOver : !begins) return
    const before = interval !== undefined
    const isOverloaded = begins || (interval !== undefined && goesOn(interval) && !isEased)
    interval = isOverloaded ? { since: now, requests: 0, refused: 0 } : undefined
    if (before !== isOverloaded) onChange?.(isOverloaded)
  }

  return () => {
    const look = { now: clock(), oldestMs: waiting.oldestMs() }
    judge(look)
    if (!interval) return true
    const isAdmitted = look.oldestMs <= thresholds.easedMs && waiting.count() < thresholds.maxWaiting
    interval.requests++
    if (!isAdmitted) interval.refused++
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
