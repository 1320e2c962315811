import Type, { type Static, type TObject } from 'typebox'
import { listenHost, networks, postgresUrl, redisAddress } from './formats.ts'
import { type CrossCheck, loadVariables } from './load.ts'
import { hostInUrl, hostProblem, isSameRedis } from './server-url.ts'
import { readTracing, tracingVariables } from './tracing.ts'

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

/** The variables of every process: the addresses of the servers, the log level, and the address of its probes. */
export const connectionVariables = Type.Object({
  NODE_ENV: Type.Enum(['development', 'test', 'production'], {
    default: 'development',
    description: '`production` refuses generated secrets and missing keys',
  }),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'least severe level that is logged: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`',
  }),
  DATABASE_URL: Type.Optional(postgresUrl('Postgres (18 or newer) as one URL; wins over the `DB_*` variables')),
  DB_HOST: text(
    'Postgres host, when there is no `DATABASE_URL`: a name, an IPv4 or IPv6 address, or the folder of a Unix socket',
  ),
  DB_PORT: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535, description: 'Postgres port' })),
  DB_NAME: text('Postgres database'),
  DB_USER: text('Postgres user'),
  DB_PASSWORD: text('Postgres password'),
  DB_POOL_SIZE: Type.Integer({
    minimum: 1,
    maximum: 200,
    default: 16,
    description: 'connections to Postgres per process; `api` has one more for its probes',
  }),
  REDIS_URL: redisAddress(
    'Redis (7.0 or newer) or Valkey for the queues, with `noeviction`: redis://user:password@host:6379/database;' +
      ' several URLs, separated by commas, are nodes of a Redis Cluster;' +
      ' redis+sentinel://host:26379,host:26379/name is the master that Sentinels name;' +
      ' redis+unix:///run/redis/redis.sock?db=0 is a Unix socket',
  ),
  CACHE_REDIS_URL: Type.Optional(
    redisAddress('Redis for the cache, best with `allkeys-lru`, in the same forms; unset means `REDIS_URL`'),
  ),
  QUEUE_PREFIX: Type.String({
    pattern: '^[A-Za-z0-9_-]{1,40}$',
    default: 'gt',
    description: 'first part of every queue key; two installations on one Redis need different ones',
  }),
  CACHE_PREFIX: Type.String({
    pattern: '^[A-Za-z0-9_-]{1,40}$',
    default: 'gt-cache',
    description: 'first part of every cache key; two installations on one Redis need different ones',
  }),
  HOST: listenHost('address that the process listens on, with its probes as well', '0.0.0.0'),
  PROBE_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65535,
      description: 'port of `/healthz`, `/readyz` and `/metrics`; unset means no probe listener',
    }),
  ),
  ...tracingVariables.properties,
})
export type ConnectionVariables = Static<typeof connectionVariables>

/** The variable of the processes that read histories and export users. */
export const replicaVariables = Type.Object({
  DATABASE_REPLICA_URL: Type.Optional(
    postgresUrl('a standby of that Postgres for reads of the history and exports; unset means that one'),
  ),
})

/** `start` generates secrets with this prefix. Production refuses them. */
export const developmentSecretPrefix = 'dev-only-'

export type Connections = ReturnType<typeof readConnections>

/** The variable of the processes that show or apply the retention of deleted goals and tasks. */
export const retentionVariables = Type.Object({
  RETENTION_DAYS: Type.Integer({
    minimum: 1,
    maximum: 3650,
    default: 30,
    description: 'days after which deleted goals and tasks may be purged; the same for all processes',
  }),
})

/** Returns the problem of a process whose probes have the port of `variable`. Port 0 is a free port each time. */
export const samePortProblems = (variable: string, port: number, probePort: number | undefined): string[] =>
  port !== 0 && port === probePort ? [`${variable} and PROBE_PORT are the same port: set them to different ones`] : []

/** The variable of the processes that may stand behind a proxy. */
export const proxyVariables = Type.Object({
  TRUST_PROXY: networks(
    'proxies whose X-Forwarded-* headers are believed, separated by commas: ' +
      'addresses, networks, `loopback`, `linklocal` or `uniquelocal`',
  ),
})

/**
 * The variables of the processes that serve HTTP. The delay is 0 by default: without a load balancer it would only
 * slow down every stop, and the right time depends on how often the balancer looks.
 */
export const shutdownVariables = Type.Object({
  SHUTDOWN_TIMEOUT_MS: Type.Integer({
    minimum: 0,
    default: 15_000,
    description: 'how long running requests may take to finish at a stop',
  }),
  SHUTDOWN_DELAY_MS: Type.Integer({
    minimum: 0,
    default: 0,
    description:
      'how long a stopping process still takes requests, while `/readyz` is 503; ' +
      'longer than a load balancer needs to notice',
  }),
})

/**
 * Loads `schema`, which includes the connection variables, and returns them with the nested connection settings.
 * `DATABASE_URL` overrides the `DB_*` variables. An incomplete set of `DB_*` is a problem that names the missing ones.
 * `check` adds the problems that only this process can find.
 * @throws ConfigError with every problem
 */
export function loadConnections<S extends TObject>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
  check: CrossCheck<S> = () => [],
): { variables: Static<S>; connections: Connections } {
  const variables = loadVariables(schema, env, (v) => [...databaseProblems(v as ConnectionVariables), ...check(v)])
  return { variables, connections: readConnections(variables as ConnectionVariables) }
}

function readConnections(v: ConnectionVariables) {
  return Object.freeze({
    production: v.NODE_ENV === 'production',
    logLevel: v.LOG_LEVEL,
    database: { url: v.DATABASE_URL ?? databaseUrl(v), poolSize: v.DB_POOL_SIZE },
    redis: { url: v.REDIS_URL, queuePrefix: v.QUEUE_PREFIX },
    cache: {
      url: v.CACHE_REDIS_URL ?? v.REDIS_URL,
      prefix: v.CACHE_PREFIX,
      /** Whether the queues are in the same Redis, perhaps in another database of it. */
      sharesRedis: v.CACHE_REDIS_URL === undefined || isSameRedis(v.CACHE_REDIS_URL, v.REDIS_URL),
    },
    host: v.HOST,
    probePort: v.PROBE_PORT,
    tracing: readTracing(v),
  })
}

function databaseProblems(v: ConnectionVariables): string[] {
  const parts = ['DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASSWORD'] as const
  const missing = parts.filter((name) => v[name] === undefined)
  if (v.DATABASE_URL !== undefined) return []
  if (missing.length === 0) return databasePartProblems(v)
  return missing.length === parts.length
    ? ['DATABASE_URL is required (or all of DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD)']
    : [`${missing.join(', ')} missing: the DB_* variables are incomplete (or set DATABASE_URL)`]
}

function databasePartProblems({ DB_HOST = '', DB_NAME = '' }: ConnectionVariables): string[] {
  const host = hostProblem(DB_HOST)
  return [
    ...(host ? [`DB_HOST ${host}`] : []),
    ...(/[?#/]/.test(DB_NAME) ? ['DB_NAME must not contain / # or ?: the driver cannot ask for such a database'] : []),
  ]
}

function databaseUrl(v: ConnectionVariables): string {
  const credentials = `${encodeURIComponent(v.DB_USER ?? '')}:${encodeURIComponent(v.DB_PASSWORD ?? '')}`
  // The driver decodes the path with decodeURI, which keeps the escapes of reserved characters.
  return `postgres://${credentials}@${hostInUrl(v.DB_HOST ?? '')}:${v.DB_PORT}/${encodeURI(v.DB_NAME ?? '')}`
}
