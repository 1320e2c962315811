import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'

/** One Redis, the master that Sentinels name, or a cluster. */
export type AnyRedis = Redis | Cluster

export type NodeOptions = Omit<RedisOptions, 'replyMapping'>

type Options = {
  /** The options of each connection. On a cluster they are the ones of each node. */
  node: NodeOptions
  /** The options of the client of a cluster. */
  cluster: ClusterOptions
}

/**
 * Opens a Redis. The caller adds a listener for `error` and disconnects it.
 * @param url `redis://` or `rediss://`. Several such URLs, separated by commas, are nodes of a Redis Cluster, and so is
 * a single URL with the scheme `redis+cluster://` or `rediss+cluster://`. `redis+sentinel://user:password@host:26379,
 * host:26379/name/database` (or `rediss+sentinel://`) is the master that the Sentinels know by this name; user and
 * password are those of Redis. User, password and TLS of a cluster are taken from its first URL.
 * `redis+unix://user:password@/path/of/the/socket?db=1` is a Unix socket.
 */
export function openRedis(url: string, { node, cluster }: Options): AnyRedis {
  if (isSentinel(url)) return new Redis({ ...sentinelOptions(url, node), ...node })
  if (isSocket(url)) return new Redis({ ...socketOptions(url), ...node })
  const nodes = url.split(',').map((each) => each.trim())
  const [first = ''] = nodes
  if (nodes.length === 1 && !first.includes('+cluster:')) return new Redis(first, node)
  return new Cluster(
    nodes.map((each) => placeOf(parseNode(each), 6_379)),
    { ...cluster, redisOptions: { ...node, ...accessOf(parseNode(first)) } },
  )
}

const isSentinel = (url: string) => /^rediss?\+sentinel:/.test(url)
const isSocket = (url: string) => url.startsWith('redis+unix:')
const parseNode = (url: string) => new URL(url.replace('+cluster:', ':'))

/** Returns host and port. An IPv6 address has no brackets outside of a URL. */
const placeOf = ({ hostname, port }: URL, defaultPort: number) => ({
  host: hostname.replace(/^\[(.*)\]$/, '$1'),
  port: Number(port || defaultPort),
})

/** Returns user, password and TLS. Nodes report their addresses, while their certificates may name the host. */
const accessOf = ({ username, password, protocol, hostname: servername }: URL) => ({
  ...(username && { username: decodeURIComponent(username) }),
  ...(password && { password: decodeURIComponent(password) }),
  ...(protocol === 'rediss:' && { tls: { servername } }),
})

/** A URL with credentials and without a host is not valid, so a host stands in. */
function socketOptions(url: string): NodeOptions {
  const parsed = new URL(url.replace(/^redis\+unix:\/\/([^/]*)/, 'redis://$1host'))
  const path = decodeURIComponent(parsed.pathname)
  return { path, db: Number(parsed.searchParams.get('db') ?? 0), ...accessOf(parsed) }
}

const defaultSentinelPort = 26_379

function sentinelOptions(url: string, { retryStrategy }: NodeOptions): NodeOptions {
  const [, scheme = '', access = '', hosts = '', path = ''] =
    /^(rediss?)\+sentinel:\/\/(?:([^@/]*)@)?([^/?#]*)\/([^?#]*)/.exec(url) ?? []
  const [name = '', database = '0'] = path.split('/')
  return {
    sentinels: hosts.split(',').map((host) => placeOf(new URL(`redis://${host}`), defaultSentinelPort)),
    name: decodeURIComponent(name),
    db: Number(database),
    ...accessOf(new URL(`redis://${access && `${access}@`}host`)),
    // The certificate of the master names the host that the Sentinels know, and theirs the one that they report.
    ...(scheme === 'rediss' && { tls: {}, enableTLSForSentinelMode: true, sentinelTLS: {} }),
    ...(retryStrategy && { sentinelRetryStrategy: retryStrategy }),
  }
}

/** Returns the connections to all nodes that hold keys. */
export const mastersOf = (redis: AnyRedis): Redis[] => (redis instanceof Cluster ? redis.nodes('master') : [redis])
