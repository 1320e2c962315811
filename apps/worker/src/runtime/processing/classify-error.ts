import { isConnectionLoss, sqlState } from '@goals-tasks/db'
import type { Backoff } from '@goals-tasks/events'

/**
 * `infrastructure`: our own Postgres or Redis is away. The job waits, and no attempt is counted.
 * `retry`: everything else. The attempt is counted, and the event is tried again later.
 */
export type FailureKind = 'infrastructure' | 'retry'

/**
 * Connection exceptions, insufficient resources, operator intervention, a read-only Postgres. A transaction that
 * Postgres ended for idling or running too long (25P03, 25P04) is not among them: the same event may do that each time.
 */
const infrastructureStates = /^(08|53|57P|25006)/
/** Messages of the Redis driver. Its errors have no code. */
const redisMessages = new RegExp(
  "^(Connection is closed|Command timed out|Socket timeout|Stream isn't writeable|" +
    'Reached the max retries per request limit)',
)
const redisReplies = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF) /

/**
 * Classifies the error itself, never its cause: a receiver that a consumer could not reach is not our infrastructure.
 * A consumer with an effect outside therefore wraps the errors that it catches.
 */
export function classify(error: unknown): FailureKind {
  if (!(error instanceof Error)) return 'retry'
  const state = sqlState(error)
  if (state !== undefined && infrastructureStates.test(state)) return 'infrastructure'
  if (isConnectionLoss(error) || redisMessages.test(error.message) || redisReplies.test(error.message))
    return 'infrastructure'
  return 'retry'
}

/** The connections of this process are busy. That may be an outage of Postgres, or too much work. */
export const isPoolExhausted = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('timeout exceeded when trying to connect')

/** Returns whether the error says that Postgres or Redis does not answer, starts, or stops. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error) || isPoolExhausted(error)) return false
  return isConnectionLoss(error) || redisMessages.test(error.message) || /^57P/.test(sqlState(error) ?? '')
}

/** Returns the wait after the nth failure. It is random, so retries of many events spread. */
export function backoffMs(failures: number, backoff: Backoff, random: () => number = Math.random): number {
  if ('scheduleMs' in backoff) {
    const { scheduleMs } = backoff
    const waitMs = scheduleMs[Math.min(failures, scheduleMs.length) - 1] ?? scheduleMs[0]
    return Math.round(waitMs * (0.8 + 0.4 * random()))
  }
  return Math.round(random() * Math.min(backoff.capMs, backoff.baseMs * 2 ** (failures - 1)))
}
