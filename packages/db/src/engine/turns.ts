import { Overloaded } from './overloaded.ts'

export type TurnLimits = {
  /** The part of the time that the turns of one key may take. */
  share: number
  /** Time for which the turns of a key may last before the first pause. */
  burstMs: number
  /** The longest pause between two turns. */
  maxPauseMs: number
  maxQueued: number
  /** How long a caller waits for its turn. */
  maxWaitMs: number
  /** Returns whether a key must make its pauses now. Default: always. */
  mustPause?: (key: string) => boolean
}

/** The turns of one key. `paidAt` is the time at which those that have ended are within their share. */
type Line = { isTaken: boolean; paidAt: number; waiting: Waiter[]; timer?: NodeJS.Timeout | undefined }
type Waiter = { start: () => void }
/** How callers got their turn so far. */
type Counts = { atOnce: number; waited: number; refused: number }

/**
 * Gives turns by key. The turns of one key follow each other, and never wait for those of another key. A pause follows
 * each turn, so that all of a key take at most `share` of the time after the first `burstMs`.
 * A caller ends each turn that it got. A key is forgotten when its pause is over, so the memory is bounded by the keys
 * in a pause.
 */
export function createTurns({ share, burstMs, maxPauseMs, maxQueued, maxWaitMs, mustPause = () => true }: TurnLimits) {
  const lines = new Map<string, Line>()
  const counts: Counts = { atOnce: 0, waited: 0, refused: 0 }
  let isClosing = false

  const lineOf = (key: string): Line => {
    const line = lines.get(key) ?? { isTaken: false, paidAt: 0, waiting: [] }
    lines.set(key, line)
    return line
  }
  const pauseOf = (key: string, { paidAt }: Line) =>
    isClosing || !mustPause(key) ? 0 : paidAt - burstMs / share - performance.now()

  /** Gives the turn to the next caller when the pause is over. Forgets the key when none waits and all is paid. */
  function advance(key: string, line: Line): void {
    if (line.isTaken) return
    clearTimeout(line.timer)
    const [next] = line.waiting
    const leftMs = next || isClosing ? pauseOf(key, line) : line.paidAt - performance.now()
    if (leftMs > 0) {
      line.timer = setTimeout(advance, leftMs, key, line).unref()
    } else if (next) {
      line.isTaken = true
      line.waiting.shift()
      next.start()
    } else lines.delete(key)
  }

  return {
    counts,
    /** Returns how many callers wait for their turn. */
    countWaiting: () => [...lines.values()].reduce((sum, line) => sum + line.waiting.length, 0),
    /** Takes the turn when it is free. @returns whether the caller has it now */
    take(key: string): boolean {
      const line = lineOf(key)
      if (line.isTaken || line.waiting.length > 0 || pauseOf(key, line) > 0) return false
      line.isTaken = true
      counts.atOnce++
      return true
    },
    /**
     * Resolves when the caller has the turn. A caller whose `signal` is aborted gets none.
     * @throws Overloaded when `maxQueued` callers of the key are waiting, or when the turn did not come in `maxWaitMs`
     */
    wait(key: string, signal?: AbortSignal): Promise<void> {
      const line = lineOf(key)
      return new Promise((resolve, reject) => {
        const refuse = (reason: string) => {
          counts.refused++
          reject(new Overloaded(reason))
        }
        if (line.waiting.length >= maxQueued) return refuse(`${maxQueued} others of the same kind are waiting`)
        const leave = () => {
          clearTimeout(timer)
          line.waiting.splice(line.waiting.indexOf(waiter), 1)
          advance(key, line)
        }
        const onAbort = () => {
          leave()
          reject(signal?.reason)
        }
        const timer = setTimeout(() => {
          signal?.removeEventListener('abort', onAbort)
          leave()
          refuse(`no turn within ${maxWaitMs} ms`)
        }, maxWaitMs)
        const waiter = {
          start() {
            clearTimeout(timer)
            signal?.removeEventListener('abort', onAbort)
            counts.waited++
            resolve()
          },
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        line.waiting.push(waiter)
        advance(key, line)
      })
    },
    /** Ends the turn of a key, which took this long. */
    end(key: string, tookMs: number): void {
      const line = lineOf(key)
      const now = performance.now()
      const paidAt = Math.max(line.paidAt, now - tookMs) + tookMs / share
      line.paidAt = Math.min(paidAt, now + maxPauseMs + burstMs / share)
      line.isTaken = false
      advance(key, line)
    },
    /** Ends all pauses. Callers that wait still get their turns one after the other. */
    close(): void {
      isClosing = true
      for (const [key, line] of lines) advance(key, line)
    },
  }
}
