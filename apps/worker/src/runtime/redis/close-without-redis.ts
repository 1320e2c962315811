import { setTimeout as sleep } from 'node:timers/promises'
import { answers } from '@goals-tasks/observability'
import type { Context } from '../context.ts'

const checkEveryMs = 100

/**
 * Resolves when `closing` does: it lets running jobs finish and reports them to Redis. Resolves earlier when no job
 * runs any more and Redis does not answer. BullMQ would then wait for ever, and nothing is lost: Postgres has the
 * results.
 */
export async function closeWithoutRedis(
  closing: Promise<unknown>,
  { redis, progress }: Pick<Context, 'redis' | 'progress'>,
): Promise<void> {
  let closed = false
  const untilClosed = closing.finally(() => {
    closed = true
  })
  const untilUnreachable = async () => {
    do await sleep(checkEveryMs)
    while (!closed && (progress.jobs.size > 0 || (await answers(redis.ping()))))
  }
  await Promise.race([untilClosed, untilUnreachable()])
}
