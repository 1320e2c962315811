import { Cluster, Redis } from 'ioredis'

export type CacheRedis = Redis | Cluster

// Nobody waits that long: it only ends what a hung Redis holds on to.
const commandTimeout = 2_000
const connectTimeout = 2_000
const retryDelayMs = (times: number) => Math.min(50 * times, 1_000) * (0.75 + Math.random() / 4)

// Reads are batched by us already, scripts have a budget, and a walk through all keys need not wait in a queue.
const sentAtOnce = ['mget', 'eval', 'scan']

/**
 * Opens the connection of a cache: it fails at once when Redis is away, and commands of one turn of the event loop
 * travel together. It is the caller's to disconnect.
 * @param url `redis://` or `rediss://`. Several, separated by commas, are nodes of a Redis Cluster, and so is a single one
 * with the scheme `redis+cluster://` or `rediss+cluster://`; user, password and TLS are those of the first.
 * @param onError is told of every error of the connection, many per second when Redis is away: damp it
 */
export function connectCache(url: string, onError: (error: Error) => void): CacheRedis {
  const redis = connect(url.split(',').map((node) => node.trim()))
  redis.on('error', onError)
  return redis
}

function connect(urls: string[]): CacheRedis {
  const [first = ''] = urls
  const options = {
    enableAutoPipelining: true,
    autoPipeliningIgnoredCommands: sentAtOnce,
    enableOfflineQueue: false,
  }
  const perNode = { commandTimeout, connectTimeout, maxRetriesPerRequest: 0 }
  if (urls.length === 1 && !first.includes('+cluster:'))
    return new Redis(first, { ...options, ...perNode, retryStrategy: retryDelayMs })

  const nodes = urls.map((node) => new URL(node.replace('+cluster:', ':')))
  const { username, password, protocol } = nodes[0] as URL
  return new Cluster(
    nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port || 6379) })),
    {
      ...options,
      clusterRetryStrategy: retryDelayMs,
      slotsRefreshInterval: 5_000,
      redisOptions: {
        ...perNode,
        ...(username && { username: decodeURIComponent(username) }),
        ...(password && { password: decodeURIComponent(password) }),
        // A node announces itself by an address, while certificates may name the host.
        ...(protocol === 'rediss:' && { tls: { servername: nodes[0]?.hostname } }),
      },
    },
  )
}

/**
 * Calls `onLost` whenever a connection to Redis was lost, or another node of the cluster has taken over: what Redis
 * confirmed before may be gone. @returns what ends it
 */
export function watchConnection(redis: CacheRedis, onLost: () => void): () => void {
  if (!(redis instanceof Cluster)) {
    redis.on('close', onLost)
    return () => void redis.off('close', onLost)
  }
  let masters = ''
  const onRefresh = () => {
    const now = redis
      .nodes('master')
      .map(({ options }) => `${options.host}:${options.port}`)
      .sort()
      .join()
    if (masters && masters !== now) onLost()
    masters = now
  }
  redis.on('-node', onLost).on('close', onLost).on('refresh', onRefresh)
  return () => void redis.off('-node', onLost).off('close', onLost).off('refresh', onRefresh)
}
