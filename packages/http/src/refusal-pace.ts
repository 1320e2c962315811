/** Refusals are sent for this long before a pause, in milliseconds. */
const sliceMs = 2
/** Refusals take a tenth of the time: a pause follows them that is so many times as long as they took. */
const pauseFactor = 9
/** Pauses are left out while a refusal has waited for this long, in milliseconds. */
const maxWaitMs = 2_000

/** `since` is the instant of `performance.now()` at which it was refused. */
type Refused = { since: number }

/**
 * Returns a function that passes what was refused to `send`: at once while little is refused, otherwise in slices that
 * take a tenth of the time of the event loop. So a flood of refused requests leaves most of the time to admitted
 * ones, and slows down clients that send their next request at once. Each waiting refusal has a request without a
 * response, so the open connections bound their number.
 */
export function createRefusalPace<T extends Refused>(send: (refused: T) => void): (refused: T) => void {
  let waiting: T[] = []
  let isPausing = false

  function sendSlice(): void {
    const beganAt = performance.now()
    let sent = 0
    for (const refused of waiting) {
      send(refused)
      sent++
      if (performance.now() - beganAt >= sliceMs) break
    }
    waiting = waiting.slice(sent)
    const now = performance.now()
    const isLate = now - (waiting[0]?.since ?? now) >= maxWaitMs
    isPausing = true
    setTimeout(endPause, isLate ? 0 : pauseFactor * (now - beganAt))
  }

  function endPause(): void {
    isPausing = false
    if (waiting.length > 0) sendSlice()
  }

  return (refused) => {
    waiting.push(refused)
    if (!isPausing) sendSlice()
  }
}
