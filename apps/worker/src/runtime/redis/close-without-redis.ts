import { setTimeout as sleep } from 'node:timers/promises'
import { answers } from '@goals-tasks/observability'
import type { Context } from '../processing/context.ts'

const askEveryMs = 100

/**
 * Settles when `closing` does, which lets running jobs finish and tells Redis; or, when no job runs any more, as soon as Redis
 * does not answer. BullMQ would wait for it for ever, and needs not be waited for: what it would have been told stands in Postgres.
 */
export async function closeWithoutRedis(
  closing: Promise<unknown>,
  { redis, progress }: Pick<Context, 'redis' | 'progress'>,
): Promise<void> {
  let closed = false
  const untilClosed = closing.finally(() => {
    closed = true
  })
  const untilOutOfReach = async () => {
    do await sleep(askEveryMs)
    while (!closed && (progress.running > 0 || (await answers(redis.ping()))))
  }
  await Promise.race([untilClosed, untilOutOfReach()])
}
