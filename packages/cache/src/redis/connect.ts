import { reconnectOnRefusal } from '@goals-tasks/events'
import { Cluster, Redis } from 'ioredis'

export type CacheRedis = Redis | Cluster

// Requests stop waiting much earlier. These limits free the commands that a hung Redis never answers.
const commandTimeout = 2_000
const connectTimeout = 2_000
// A connection that was cut without a word stays open on this side. When a command gets no reply for so long, the
// connection is closed and a new one opened.
const socketTimeout = 5_000
const retryDelayMs = (times: number) => Math.min(50 * times, 1_000) * (0.75 + Math.random() / 4)

// Reads are batched already, and a scan of all keys gains nothing from a pipeline.
const withoutPipelining = ['mget', 'scan']
// The client of a cluster would take the number of keys for the first key, and choose the wrong node.
const withoutPipeliningOnCluster = [...withoutPipelining, 'eval', 'setTombstones', 'takeFromBuckets']

/**
 * Opens the Redis connection of a cache. Commands fail at once while Redis is down. Commands of one turn of the event
 * loop are sent together. The caller disconnects it.
 * @param url `redis://` or `rediss://`. Several URLs, separated by commas, are nodes of a Redis Cluster. So is a single
 * URL with the scheme `redis+cluster://` or `rediss+cluster://`. User, password and TLS are taken from the first URL.
 * @param onError called for every connection error, many times per second while Redis is down: throttle it
 */
export function connectCache(url: string, onError: (error: Error) => void): CacheRedis {
  const redis = connect(url.split(',').map((node) => node.trim()))
  redis.on('error', (error: Error) => {
    onError(error)
    // Redis refused the database of the URL. The connection would become ready on database 0.
    if (isRefusedSelect(error)) redis.disconnect(true)
  })
  return redis
}

const isRefusedSelect = (error: Error & { command?: { name: string } }) => error.command?.name === 'select'

function connect(urls: string[]): CacheRedis {
  const [first = ''] = urls
  const options = {
    enableAutoPipelining: true,
    autoPipeliningIgnoredCommands: withoutPipelining,
    enableOfflineQueue: false,
  }
  const perNode = {
    commandTimeout,
    connectTimeout,
    socketTimeout,
    maxRetriesPerRequest: 0,
    reconnectOnError: reconnectOnRefusal,
  }
  if (urls.length === 1 && !first.includes('+cluster:'))
    return new Redis(first, { ...options, ...perNode, retryStrategy: retryDelayMs })

  const { username, password, protocol, hostname: servername } = parseNode(first)
  return new Cluster(
    urls.map(parseNode).map(({ hostname, port }) => ({ host: hostname, port: Number(port || 6379) })),
    {
      ...options,
      autoPipeliningIgnoredCommands: withoutPipeliningOnCluster,
      clusterRetryStrategy: retryDelayMs,
      slotsRefreshInterval: 5_000,
      redisOptions: {
        ...perNode,
        ...(username && { username: decodeURIComponent(username) }),
        ...(password && { password: decodeURIComponent(password) }),
        // Nodes of a cluster report their addresses, while their certificates may name the host.
        ...(protocol === 'rediss:' && { tls: { servername } }),
      },
    },
  )
}

/** Returns the connections to all nodes that hold keys. */
export const mastersOf = (redis: CacheRedis): Redis[] => (redis instanceof Cluster ? redis.nodes('master') : [redis])

const parseNode = (url: string) => new URL(url.replace('+cluster:', ':'))
