/**
 * The result of a consumer for one event. A thrown error is the fifth case: the attempt failed, and the event is tried
 * again later.
 */
export type ConsumerResult =
  /** The effect has happened. */
  | { result: 'done' }
  /** The event needs no effect. */
  | { result: 'skipped' }
  /**
   * The event runs again at `until`; earlier only when a second job carries it too. A snooze spends no attempt, so an
   * event can be snoozed any number of times.
   */
  | { result: 'snooze'; until: Date; reason: string }
  /** No later attempt can succeed. The event moves to the dead letters at once. */
  | { result: 'dead'; reason: string }

export const done: ConsumerResult = { result: 'done' }
export const skipped: ConsumerResult = { result: 'skipped' }

/** A receiver refused the attempt. The next one follows after `retryAfterMs` or the backoff, whichever is longer. */
export class RetryLaterError extends Error {
  override name = 'RetryLaterError'
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs: number) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** @throws RangeError when `until` is no valid date */
export function snooze(until: Date, reason: string): ConsumerResult {
  if (Number.isNaN(until.getTime())) throw new RangeError('snooze needs a valid date')
  return { result: 'snooze', until, reason }
}

export const moveToDeadLetters = (reason: string): ConsumerResult => ({ result: 'dead', reason })
