import { Overloaded } from './overloaded.ts'

type Limits = {
  /** A change of at most so many rows is small: it takes no turn. */
  smallRows: number
  /** The part of the time that the large changes of one key may take. */
  share: number
  /** Time for which the large changes of a key may run before the first pause. */
  burstMs: number
  /** The longest pause between two large changes. */
  maxPauseMs: number
  maxQueued: number
  /** How long a large change waits for its turn. */
  maxWaitMs: number
}

const defaults: Limits = {
  ...{ smallRows: 20, share: 1 / 4, burstMs: 125, maxPauseMs: 5_000 },
  ...{ maxQueued: 1_000, maxWaitMs: 10_000 },
}

/** The turn of a work. `begin` throws when the work is large and another large one of its key is first. */
export type Turn = { begin(rows: number): void }

export type Pace = ReturnType<typeof createPace>

/** The large changes of one key. `paidAt` is the time at which those that have ended are within their share. */
type Line = { isTaken: boolean; paidAt: number; waiting: Waiter[]; timer?: NodeJS.Timeout | undefined }
type Waiter = { start: () => void }
/** How large changes got their turn so far. */
type Counts = { atOnce: number; waited: number; refused: number }

class TurnTaken extends Error {
  override name = 'TurnTaken'
}

/**
 * Bounds the share of time that the large changes of one user take. `run` runs a work under a key, which calls
 * `turn.begin` with the number of its rows before it locks them. Small changes, and those of other keys, never wait.
 * The large ones of one key run one after the other. A pause follows each one, so that all of them take at most `share`
 * of the time after the first `burstMs`. A work that must wait is undone by the error of `begin`, waits without a
 * transaction, and runs again, so it must have no effect outside of its transaction.
 * A key is forgotten when its pause is over, so the memory is bounded by the users with large changes in a pause.
 * @throws Overloaded when `maxQueued` works of the key are waiting, or when a work did not get its turn in `maxWaitMs`
 */
export function createPace(limits: Partial<Limits> = {}) {
  const { smallRows, share, burstMs, maxPauseMs, maxQueued, maxWaitMs } = { ...defaults, ...limits }
  const lines = new Map<string, Line>()
  const counts: Counts = { atOnce: 0, waited: 0, refused: 0 }
  let isClosing = false

  const lineOf = (key: string): Line => {
    const line = lines.get(key) ?? { isTaken: false, paidAt: 0, waiting: [] }
    lines.set(key, line)
    return line
  }
  const pauseOf = ({ paidAt }: Line) => (isClosing ? 0 : paidAt - burstMs / share - performance.now())

  function takeTurn(key: string): void {
    const line = lineOf(key)
    if (line.isTaken || line.waiting.length > 0 || pauseOf(line) > 0) throw new TurnTaken()
    line.isTaken = true
    counts.atOnce++
  }

  function waitForTurn(key: string): Promise<void> {
    const line = lineOf(key)
    return new Promise((resolve, reject) => {
      const refuse = (reason: string) => {
        counts.refused++
        reject(new Overloaded(reason))
      }
      if (line.waiting.length >= maxQueued) return refuse(`${maxQueued} large changes are waiting`)
      const timer = setTimeout(() => {
        line.waiting.splice(line.waiting.indexOf(waiter), 1)
        refuse(`no turn within ${maxWaitMs} ms`)
        advance(key, line)
      }, maxWaitMs)
      const waiter = {
        start() {
          clearTimeout(timer)
          counts.waited++
          resolve()
        },
      }
      line.waiting.push(waiter)
      advance(key, line)
    })
  }

  /** Gives the turn to the next work when the pause is over. Forgets the key when none waits and all is paid. */
  function advance(key: string, line: Line): void {
    if (line.isTaken) return
    clearTimeout(line.timer)
    const [next] = line.waiting
    const leftMs = next || isClosing ? pauseOf(line) : line.paidAt - performance.now()
    if (leftMs > 0) {
      line.timer = setTimeout(advance, leftMs, key, line).unref()
    } else if (next) {
      line.isTaken = true
      line.waiting.shift()
      next.start()
    } else lines.delete(key)
  }

  function endTurn(key: string, tookMs: number): void {
    const line = lineOf(key)
    const now = performance.now()
    const paidAt = Math.max(line.paidAt, now - tookMs) + tookMs / share
    line.paidAt = Math.min(paidAt, now + maxPauseMs + burstMs / share)
    line.isTaken = false
    advance(key, line)
  }

  async function runOnce<T>(key: string, work: (turn: Turn) => Promise<T>, hasTurn: boolean): Promise<T> {
    let beganAt: number | undefined
    const begin = (rows: number) => {
      if (beganAt !== undefined || rows <= smallRows) return
      if (!hasTurn) takeTurn(key)
      beganAt = performance.now()
    }
    try {
      return await work({ begin })
    } finally {
      if (hasTurn || beganAt !== undefined) endTurn(key, beganAt === undefined ? 0 : performance.now() - beganAt)
    }
  }

  return {
    counts,
    /** Returns how many large changes wait for their turn. */
    countWaiting: () => [...lines.values()].reduce((sum, line) => sum + line.waiting.length, 0),
    async run<T>(key: string, work: (turn: Turn) => Promise<T>): Promise<T> {
      try {
        return await runOnce(key, work, false)
      } catch (error) {
        if (!(error instanceof TurnTaken)) throw error
      }
      await waitForTurn(key)
      return runOnce(key, work, true)
    },
    /** Ends all pauses. Works that wait still run one after the other. */
    close(): void {
      isClosing = true
      for (const [key, line] of lines) advance(key, line)
    },
  }
}
