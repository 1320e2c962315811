import { createTurns, type TurnLimits } from './turns.ts'

type Limits = TurnLimits & {
  /** A change of at most so many rows is small: it takes no turn. */
  smallRows: number
}

const defaults: Limits = {
  ...{ smallRows: 20, share: 1 / 4, burstMs: 125, maxPauseMs: 5_000 },
  ...{ maxQueued: 1_000, maxWaitMs: 10_000 },
}

/** The turn of a work. `begin` throws when the work is large and another large one of its key is first. */
export type Turn = { begin(rows: number): void }

export type Pace = ReturnType<typeof createPace>

class TurnTaken extends Error {
  override name = 'TurnTaken'
}

/**
 * Bounds the share of time that the large changes of one user take. `run` runs a work under a key, which calls
 * `turn.begin` with the number of its rows before it locks them. Small changes, and those of other keys, never wait.
 * The large ones of one key run in turns, as `createTurns` says. A work that must wait is undone by the error of
 * `begin`, waits without a transaction, and runs again, so it must have no effect outside of its transaction.
 * @throws Overloaded as `createTurns` does
 */
export function createPace(limits: Partial<Limits> = {}) {
  const { smallRows, ...turnLimits } = { ...defaults, ...limits }
  const turns = createTurns(turnLimits)

  async function runOnce<T>(key: string, work: (turn: Turn) => Promise<T>, hasTurn: boolean): Promise<T> {
    let beganAt: number | undefined
    const begin = (rows: number) => {
      if (beganAt !== undefined || rows <= smallRows) return
      if (!hasTurn && !turns.take(key)) throw new TurnTaken()
      beganAt = performance.now()
    }
    try {
      return await work({ begin })
    } finally {
      if (hasTurn || beganAt !== undefined) turns.end(key, beganAt === undefined ? 0 : performance.now() - beganAt)
    }
  }

  return {
    counts: turns.counts,
    countWaiting: turns.countWaiting,
    async run<T>(key: string, work: (turn: Turn) => Promise<T>): Promise<T> {
      try {
        return await runOnce(key, work, false)
      } catch (error) {
        if (!(error instanceof TurnTaken)) throw error
      }
      await turns.wait(key)
      return runOnce(key, work, true)
    },
    close: turns.close,
  }
}
