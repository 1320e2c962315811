import { isConnectionLoss, sqlState } from '@goals-tasks/db'

/**
 * `infrastructure`: our own Postgres or Redis is away; nobody's fault, waited out and never an attempt.
 * `final`: trying again would not help. `passing`: anything else; counted, and tried again later.
 */
export type FailureKind = 'infrastructure' | 'final' | 'passing'

/**
 * Connection exceptions, insufficient resources, operator intervention. Not the transactions that Postgres ended for idling
 * or running too long (25P03, 25P04): the same event may do that each time.
 */
const infrastructureStates = /^(08|53|57P)/
/** What the Redis driver says without a code. */
const redisMessages =
  /^(Connection is closed|Command timed out|Stream isn't writeable|Reached the max retries per request limit)/
const redisReplies = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF) /

/**
 * Judges by the error itself, never by its cause: a receiver that a consumer could not reach is not our infrastructure,
 * so a consumer that talks to the outside wraps what it catches.
 */
export function classify(error: unknown): FailureKind {
  if (!(error instanceof Error)) return 'passing'
  if (error.name === 'UnrecoverableError') return 'final'
  const state = sqlState(error)
  if (state !== undefined && infrastructureStates.test(state)) return 'infrastructure'
  if (isConnectionLoss(error) || redisMessages.test(error.message) || redisReplies.test(error.message))
    return 'infrastructure'
  return 'passing'
}

/** How long to wait after the nth failure: anything up to an exponentially growing bound, so that retries spread. */
export function backoffMs(
  failures: number,
  { baseMs, capMs }: { baseMs: number; capMs: number },
  random: () => number = Math.random,
): number {
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** (failures - 1)))
}
