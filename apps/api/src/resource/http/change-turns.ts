type Limits = {
  /** Changes of a user that run at a time in any case. */
  least: number
  /** How long a user still counts as being beside others when the last change of the others has ended. */
  besideMs: number
  /** How long a change waits for its turn. */
  maxWaitMs: number
}

const defaults: Limits = { least: 4, besideMs: 100, maxWaitMs: 5_000 }

/**
 * The turn of a change. `wait` is absent when the change may run at once. It resolves with false when the turn did not
 * come in time. Call `end` when the change is over, or its client has gone. A second call has no effect.
 */
type Turn = { wait?: Promise<boolean>; end(): void }

export type ChangeTurns = ReturnType<typeof createChangeTurns>

/** The changes of one user. The first one that waits is the next to run. */
type Line = { key: string; running: number; waiting: Change[] }
type Change = { line: Line; state: 'waiting' | 'running' | 'over'; lateTimer?: NodeJS.Timeout; start?: () => void }

/**
 * Bounds the changes of one user that run at a time while other users have changes, too: as many as each of the others
 * has on average, and `least` in any case. Further ones wait in the order in which they came. While no other user has
 * changes, none waits. A change that waits for longer than `maxWaitMs` gets no turn.
 * A user is forgotten with the last of their changes, so the memory is bounded by the changes.
 */
export function createChangeTurns(limits: Partial<Limits> = {}) {
  const { least, besideMs, maxWaitMs } = { ...defaults, ...limits }
  const lines = new Map<string, Line>()
  const counts = { atOnce: 0, waited: 0, refused: 0 }
  /** The changes of all users. */
  let running = 0
  let waiting = 0
  /** When the last user but one was forgotten. */
  let aloneSince = Number.NEGATIVE_INFINITY
  let aloneTimer: NodeJS.Timeout | undefined
  let isClosing = false

  const untilAloneMs = () => aloneSince + besideMs - performance.now()

  function mayRun(line: Line): boolean {
    if (line.running < least || isClosing) return true
    const others = lines.size - 1
    if (others === 0) return untilAloneMs() <= 0
    return line.running < (running + waiting - line.running - line.waiting.length) / others
  }

  function run(change: Change): void {
    change.state = 'running'
    change.line.running++
    running++
  }

  function leaveLine(change: Change): void {
    const { line, lateTimer } = change
    clearTimeout(lateTimer)
    line.waiting.splice(line.waiting.indexOf(change), 1)
    waiting--
  }

  function advance(line: Line): void {
    for (let [next] = line.waiting; next && mayRun(line); [next] = line.waiting) {
      leaveLine(next)
      run(next)
      counts.waited++
      next.start?.()
    }
    advanceWhenAlone()
  }

  /** Each end of a change advances its line. Only the end of the last change of others must advance another line. */
  function advanceWhenAlone(): void {
    if (waiting === 0 || lines.size > 1 || aloneTimer) return
    const check = () => {
      aloneTimer = undefined
      if (lines.size === 1) for (const line of lines.values()) advance(line)
    }
    aloneTimer = setTimeout(check, Math.max(1, untilAloneMs()))
  }

  function end(change: Change): void {
    const { line, state } = change
    if (state === 'over') return
    change.state = 'over'
    if (state === 'waiting') leaveLine(change)
    else {
      line.running--
      running--
    }
    // While changes of a user wait, others of that user run.
    if (line.running === 0) lines.delete(line.key)
    if (line.running === 0 && lines.size === 1) aloneSince = performance.now()
    advance(line)
  }

  /** Resolves with whether the change has its turn. */
  function wait(change: Change): Promise<boolean> {
    change.state = 'waiting'
    change.line.waiting.push(change)
    waiting++
    return new Promise((resolve) => {
      change.start = () => resolve(true)
      change.lateTimer = setTimeout(() => {
        counts.refused++
        end(change)
        resolve(false)
      }, maxWaitMs)
      advance(change.line)
    })
  }

  return {
    counts,
    /** Returns how many changes wait for their turn. */
    countWaiting: () => waiting,
    /** Takes a turn for a change of this user. */
    take(key: string): Turn {
      const line = lines.get(key) ?? { key, running: 0, waiting: [] }
      lines.set(key, line)
      const change: Change = { line, state: 'running' }
      const turn = { end: () => end(change) }
      if (line.waiting.length > 0 || !mayRun(line)) return { ...turn, wait: wait(change) }
      run(change)
      counts.atOnce++
      return turn
    },
    /** Starts all changes that wait. Later ones do not wait. */
    close(): void {
      isClosing = true
      clearTimeout(aloneTimer)
      for (const line of lines.values()) advance(line)
    },
  }
}
