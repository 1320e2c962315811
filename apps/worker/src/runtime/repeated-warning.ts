import { type OutageLog, throttled } from '@goals-tasks/observability'
import type { Logger } from 'pino'
import { isPoolExhausted, isUnreachable } from './processing/classify-error.ts'

const warnEveryMs = 5_000

type PostgresOutage = Pick<OutageLog, 'failed'>

/**
 * Returns whether the outage log of a server has a line about an error. A pool without a free connection is reported
 * to that log here: a hung Postgres exhausts the pool before the first query reaches its limit.
 */
export function reportOutage(error: unknown, postgresOutage: PostgresOutage): boolean {
  if (!(error instanceof Error) || !isPoolExhausted(error)) return isUnreachable(error)
  postgresOutage.failed(error)
  return true
}

/**
 * Returns a function that logs an error which may repeat, at most once per 5 s. The level is debug when the outage log
 * of a server has a line about it.
 */
export function createRepeatedWarning(
  { consumer, log, postgresOutage }: { consumer: string; log: Logger; postgresOutage: PostgresOutage },
  message: string,
): (err: unknown) => void {
  const warn = throttled(warnEveryMs, (err: unknown) => log.warn({ consumer, err }, message))
  return (err) => {
    if (reportOutage(err, postgresOutage)) log.debug({ consumer, err }, message)
    else warn(err)
  }
}
