import { type AnyRedis, openRedis, reconnectOnRefusal, withErrorListener } from '@goals-tasks/events'

export type CacheRedis = AnyRedis

// Requests stop waiting much earlier. These limits free the commands that a hung Redis never answers.
const commandTimeout = 2_000
const connectTimeout = 2_000
// A connection that was cut without a word stays open on this side. When a command gets no reply for so long, the
// connection is closed and a new one opened.
const socketTimeout = 5_000
const retryDelayMs = (times: number) => Math.min(50 * times, 1_000) * (0.75 + Math.random() / 4)

// Reads and buckets are batched already, and a scan of all keys gains nothing from a pipeline.
const withoutPipelining = ['mget', 'scan', 'takeFromBuckets']
// The client of a cluster would take the number of keys for the first key, and choose the wrong node.
const withoutPipeliningOnCluster = [...withoutPipelining, 'eval', 'setTombstones']

/**
 * Opens the Redis connection of a cache. Commands fail at once while Redis is down. Commands of one turn of the event
 * loop are sent together. The caller disconnects it.
 * @param url one Redis, the nodes of a cluster, or Sentinels: see `openRedis`
 * @param onError called for every connection error, many times per second while Redis is down: throttle it
 */
export function connectCache(url: string, onError: (error: Error) => void): CacheRedis {
  const options = {
    enableAutoPipelining: true,
    autoPipeliningIgnoredCommands: withoutPipelining,
    enableOfflineQueue: false,
  }
  const node = {
    commandTimeout,
    connectTimeout,
    socketTimeout,
    maxRetriesPerRequest: 0,
    reconnectOnError: reconnectOnRefusal,
  }
  const redis = openRedis(url, {
    node: { ...options, ...node, retryStrategy: retryDelayMs },
    cluster: {
      ...options,
      autoPipeliningIgnoredCommands: withoutPipeliningOnCluster,
      clusterRetryStrategy: retryDelayMs,
      slotsRefreshInterval: 5_000,
    },
  })
  return withErrorListener(redis, onError)
}
