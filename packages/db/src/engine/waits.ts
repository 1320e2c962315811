import type { Executor } from './statement.ts'

/** The work that waits for its turn on a pool. */
export type Waits = ReturnType<typeof createWaits>
type Wait = { since: number }

/** Work of writes, and work of reads, to which every wait for a connection belongs. */
type WaitsOfPool = { reads: Waits; writes: Waits }

/** Records how long work waits. `begin` and `end` must be cheap: each write and each lookup calls them. */
function createWaits(clock: () => number = () => performance.now()) {
  // A set keeps the order of its entries, so the first one is the oldest.
  const waiting = new Set<Wait>()
  return {
    begin(): Wait {
      const wait = { since: clock() }
      waiting.add(wait)
      return wait
    },
    /** Ends a wait. A second call changes nothing. */
    end: (wait: Wait): void => void waiting.delete(wait),
    /** Returns how much work waits. */
    count: (): number => waiting.size,
    /** Returns for how many milliseconds the oldest work has waited, 0 when none waits. */
    oldestMs(): number {
      for (const { since } of waiting) return clock() - since
      return 0
    },
  }
}

const byPool = new WeakMap<Executor, WaitsOfPool>()

/** Returns what waits on a pool. */
export function waitsOf(db: Executor): WaitsOfPool {
  const waits = byPool.get(db) ?? { reads: createWaits(), writes: createWaits() }
  byPool.set(db, waits)
  return waits
}

/** Makes work on `db` count as work on `pool`. */
export const shareWaits = (db: Executor, pool: Executor): void => void byPool.set(db, waitsOf(pool))
