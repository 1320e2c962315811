import type { Logger } from 'pino'

export type OutageLog = ReturnType<typeof createOutageLog>

/** Connections come back one by one, and a wait for an answer may take as long. */
const lateErrorsMs = 5_000

/**
 * Logs each outage of a server with two lines: a warning when it begins, with `effect`, and one when it is over. The
 * errors in between have the level debug: a lost connection fails many times per second. Several connections to the
 * server may share the log; the first of them that is ready ends the outage. Errors within 5 s after its end begin no
 * other outage.
 */
export function createOutageLog(log: Logger, server: string, effect: string) {
  let isAway = false
  let endedAtMs = Number.NEGATIVE_INFINITY
  return {
    failed(err: Error): void {
      const isLate = performance.now() - endedAtMs < lateErrorsMs
      log[isAway || isLate ? 'debug' : 'warn']({ err }, `${server} does not answer; ${effect}`)
      if (!isLate) isAway = true
    },
    ready(): void {
      if (!isAway) return
      log.info(`${server} is back`)
      isAway = false
      endedAtMs = performance.now()
    },
    /** Returns whether an outage has begun and is not over. */
    isAway: () => isAway,
  }
}

type RedisOutages = {
  /** Whether queues and cache are in one Redis. */
  isOne: boolean
  /** The effect of an outage on the queues, and its effect on the cache. */
  effects: { queues: string; cache: string }
}

/** Creates the outage logs of both Redis servers. One Redis for both has one log, so its outage has two lines. */
export function createRedisOutageLogs(log: Logger, { isOne, effects: { queues, cache } }: RedisOutages) {
  if (!isOne)
    return {
      queues: createOutageLog(log, 'Redis', queues),
      cache: createOutageLog(log, 'the Redis of the cache', cache),
    }
  const both = createOutageLog(log, 'Redis', `${queues}, ${cache}`)
  return { queues: both, cache: both }
}
