import type { Logger } from 'pino'

/** Calls `report` at most once per `everyMs`. A lost connection fails thousands of times per second. */
export function throttled<A extends unknown[]>(everyMs: number, report: (...args: A) => void): (...args: A) => void {
  let quietUntil = 0
  return (...args) => {
    const now = Date.now()
    if (now < quietUntil) return
    quietUntil = now + everyMs
    report(...args)
  }
}

const warnEveryMs = 10_000

/** Returns a handler of connection errors. It logs `message` with the error, at most once in 10 s. */
export const throttledWarning = (log: Logger, message: string): ((error: Error) => void) =>
  throttled(warnEveryMs, (err) => log.warn({ err }, message))
