import type pg from 'pg'
import { createFence } from './fence.ts'
import { createPace, type Pace, type Turn } from './pace.ts'
import { inTransaction, type Publish, type Tx } from './transaction.ts'
import { waitsOf } from './waits.ts'

/** The user whose request a transaction belongs to, and the goal whose rows it locks when that is known. */
export type FenceKeys = { actorId: string; goalId?: string | undefined }

const waiting = { maxQueued: 1_000, maxWaitMs: 10_000 }

/**
 * Returns `inTransaction` with a bound on the transactions that run at a time: a quarter of the pool per user and per
 * goal, three quarters in all. Transactions may wait for row locks, so one user or one goal cannot take the
 * connections that others need. A transaction that must wait takes no connection meanwhile. Large changes of one user
 * wait for their turn in `pace`, before they wait for a place.
 * @throws Overloaded as `createFence` and `createPace` do
 */
export function createFencedTransactions(pool: pg.Pool, publish: Publish, pace: Pace = createPace()) {
  const { writes } = waitsOf(pool)
  const quarter = Math.max(1, Math.floor(pool.options.max / 4))
  const fenceUser = createFence({ maxRunning: quarter, ...waiting })
  const fenceGoal = createFence({ maxRunning: quarter, ...waiting })
  const fencePool = createFence({ maxRunning: Math.max(1, pool.options.max - quarter), ...waiting })
  return <T>({ actorId, goalId }: FenceKeys, work: (tx: Tx) => Promise<T>): Promise<T> => {
    const run = (turn: Turn) => {
      const wait = writes.begin()
      const end = () => writes.end(wait)
      const running = fencePool('', () => {
        end()
        return inTransaction(pool, publish, (tx) => work({ ...tx, turn }))
      })
      return running.finally(end)
    }
    const runInGoal = (turn: Turn) => (goalId === undefined ? run(turn) : fenceGoal(goalId, () => run(turn)))
    return pace.run(actorId, (turn) => fenceUser(actorId, () => runInGoal(turn)))
  }
}
