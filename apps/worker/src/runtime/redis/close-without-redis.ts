import { setTimeout as sleep } from 'node:timers/promises'
import { answers } from '@goals-tasks/observability'
import type { Context } from '../context.ts'

const checkEveryMs = 100

type Closing = Pick<Context, 'redis'> & {
  hasJobs: () => boolean
  /** Whether the sweeper or other repeated work has not ended yet. */
  isRepeating: () => boolean
}

/**
 * The time that `closing` may take while the consumer does nothing. It takes milliseconds. It takes for ever when a
 * connection of BullMQ waits for its next attempt to connect, because ioredis never ends such a connection
 * (redis/ioredis#2169).
 */
const maxIdleMs = 2_000

/**
 * Resolves when `closing` does: it lets running jobs finish and reports them to Redis. Resolves earlier when no job
 * runs any more and Redis does not answer, or when neither a job nor repeated work has run for `maxIdleMs`. BullMQ
 * might then wait for ever, and nothing is lost: Postgres has the results.
 */
export async function closeWithoutRedis(
  closing: Promise<unknown>,
  { redis, hasJobs, isRepeating }: Closing,
): Promise<void> {
  let closed = false
  const untilClosed = closing.finally(() => {
    closed = true
  })
  const untilNothingIsLeft = async () => {
    let workSeenAt = performance.now()
    while (!closed) {
      await sleep(checkEveryMs)
      if (hasJobs() || isRepeating()) workSeenAt = performance.now()
      if (hasJobs()) continue
      if (performance.now() - workSeenAt > maxIdleMs || !(await answers(redis.ping()))) return
    }
  }
  await Promise.race([untilClosed, untilNothingIsLeft()])
}
