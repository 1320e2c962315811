import { type OutageLog, throttled } from '@goals-tasks/observability'
import type { Logger } from 'pino'
import { isPoolExhausted, isUnreachable } from './processing/classify-error.ts'

const warnEveryMs = 5_000

/**
 * Returns a function that logs an error which may repeat, at most once per 5 s. The level is debug when the outage log
 * of the server has said already that it does not answer.
 */
export function createRepeatedWarning(
  { consumer, log, postgresOutage }: { consumer: string; log: Logger; postgresOutage: Pick<OutageLog, 'isAway'> },
  message: string,
): (err: unknown) => void {
  const warn = throttled(warnEveryMs, (err: unknown) => log.warn({ consumer, err }, message))
  return (err) => {
    if (isUnreachable(err) || (isPoolExhausted(err) && postgresOutage.isAway())) log.debug({ consumer, err }, message)
    else warn(err)
  }
}
