import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectCache } from '@goals-tasks/cache'
import { messageOf } from '@goals-tasks/config/message-of'
import { createDatabase, openReplicaReads } from '@goals-tasks/db'
import { connectProducer } from '@goals-tasks/events'
import { openQueues } from '@goals-tasks/operations'
import type { Installation } from './config.ts'

const redisTimeoutMs = 2_000

export type OpenInstallation = Awaited<ReturnType<typeof openInstallation>>

/** Connects for one command. `redisError` says why Redis does not answer, and is null when it does. */
export async function openInstallation(installation: Installation) {
  const { databaseUrl, replicaUrl, redisUrl, queuePrefix, cacheUrl, cachePrefix } = installation
  const database = createDatabase({
    url: databaseUrl,
    poolSize: 4,
    name: 'goals-tasks command',
    // A lost connection also rejects the query that needs it.
    onError: () => undefined,
  })
  const replica = openReplicaReads({
    ...{ primary: database.pool, replicaUrl, poolSize: 1, name: 'goals-tasks command replica' },
  })
  const redis = connectProducer(redisUrl, () => undefined)
  const queues = openQueues(redis, queuePrefix)
  // A Redis that still loads its data accepts the connection and becomes ready later, or not in time.
  const redisError = await once(redis, 'ready', { signal: AbortSignal.timeout(redisTimeoutMs) }).then(
    () => null,
    (error: Error) => (error.name === 'AbortError' ? `no answer within ${redisTimeoutMs / 1_000} s` : messageOf(error)),
  )
  return {
    pool: database.pool,
    replica,
    redis,
    queues,
    redisError,
    openCache: () => openCache(cacheUrl, cachePrefix),
    places: { postgres: placeOf(databaseUrl), redis: placeOf(redisUrl) },
    async close(): Promise<void> {
      // The connection goes first: the queues would wait for a Redis that does not answer.
      redis.disconnect()
      await Promise.allSettled([queues.close(), database.close(), replica.close()])
    },
  }
}

/** Connects to the Redis of the cache. `error` says why it does not answer, and is null when it does. */
async function openCache(url: string, prefix: string) {
  let problem = `no answer within ${redisTimeoutMs / 1_000} s`
  const redis = connectCache(url, (error) => {
    problem = messageOf(error)
  })
  const until = AbortSignal.timeout(redisTimeoutMs)
  while (redis.status !== 'ready' && !until.aborted) await sleep(20)
  return { redis, prefix, error: redis.status === 'ready' ? null : problem, close: () => redis.disconnect() }
}

/** Returns the address of a server, or of the nodes of a cluster, without user and password. */
const placeOf = (url: string): string =>
  url
    .split(/,(?=\w+(?:\+\w+)?:\/\/)/)
    .map((each) =>
      each
        .trim()
        .replace(/^[^/]*:\/\/(?:[^/]*@)?/, '')
        .replace(/\?.*$/, ''),
    )
    .join(', ')
