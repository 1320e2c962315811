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
