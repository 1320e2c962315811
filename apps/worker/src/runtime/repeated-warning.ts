import { type OutageLog, throttled } from '@goals-tasks/observability'
import type { Logger } from 'pino'
import { isPoolExhausted, isUnreachable } from './processing/classify-error.ts'

const warnEveryMs = 5_000

type PostgresOutage = Pick<OutageLog, 'isAway'>

/** Returns whether an error follows from an outage about which the outage log of the server has a line already. */
export const isLoggedOutage = (error: unknown, postgresOutage: PostgresOutage): boolean =>
  isUnreachable(error) || (isPoolExhausted(error) && postgresOutage.isAway())

/**
 * Returns a function that logs an error which may repeat, at most once per 5 s. The level is debug when the outage log
 * of the server has said already that it does not answer.
 */
export function createRepeatedWarning(
  { consumer, log, postgresOutage }: { consumer: string; log: Logger; postgresOutage: PostgresOutage },
  message: string,
): (err: unknown) => void {
  const warn = throttled(warnEveryMs, (err: unknown) => log.warn({ consumer, err }, message))
  return (err) => {
    if (isLoggedOutage(err, postgresOutage)) log.debug({ consumer, err }, message)
    else warn(err)
  }
}
