import { once } from 'node:events'
import { createDatabase } from '@goals-tasks/db'
import { connectProducer } from '@goals-tasks/events'
import { openQueues } from '@goals-tasks/operations'
import type { Installation } from './config.ts'

const awaitRedisMs = 2_000

export type OpenInstallation = Awaited<ReturnType<typeof openInstallation>>

/** Connects for one command. A Redis that does not answer at once is away: `redisError` says why, and nothing waits for it. */
export async function openInstallation({ databaseUrl, redisUrl, queuePrefix }: Installation) {
  const database = createDatabase({
    url: databaseUrl,
    poolSize: 4,
    name: 'goals-tasks command',
    // The query that needs it says so.
    onError: () => undefined,
  })
  const redis = connectProducer(redisUrl, () => undefined)
  const queues = openQueues(redis, queuePrefix)
  // The time-out is for a Redis that is still loading its data: it answers, and is not ready.
  const redisError = await once(redis, 'ready', { signal: AbortSignal.timeout(awaitRedisMs) }).then(
    () => null,
    (error: Error) => (error.name === 'AbortError' ? `no answer within ${awaitRedisMs / 1_000} s` : error.message),
  )
  return {
    pool: database.pool,
    queues,
    redisError,
    places: { postgres: placeOf(databaseUrl), redis: placeOf(redisUrl) },
    async close(): Promise<void> {
      // Before its queues: they would wait for a Redis that hangs.
      redis.disconnect()
      await Promise.allSettled([queues.close(), database.close()])
    },
  }
}

/** Where a server is, without the password. */
function placeOf(url: string): string {
  const parsed = URL.parse(url)
  return parsed ? `${parsed.host}${parsed.pathname}` : 'an unknown address'
}
