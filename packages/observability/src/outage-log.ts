import type { Logger } from 'pino'

export type OutageLog = ReturnType<typeof createOutageLog>

/**
 * Logs each outage of a server with two lines: a warning when it begins, with `effect`, and one when it is over. The
 * errors in between have the level debug: a lost connection fails many times per second. Several connections to the
 * server may share the log; the first of them that is ready ends the outage.
 */
export function createOutageLog(log: Logger, server: string, effect: string) {
  let isAway = false
  return {
    failed(err: Error): void {
      log[isAway ? 'debug' : 'warn']({ err }, `${server} does not answer; ${effect}`)
      isAway = true
    },
    ready(): void {
      if (isAway) log.info(`${server} is back`)
      isAway = false
    },
  }
}
