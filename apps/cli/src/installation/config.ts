import { ConfigError, connectionVariables, loadConnections, loadVariables, replicaVariables } from '@goals-tasks/config'
import { StackFile } from '@goals-tasks/config/stack-file'
import Type from 'typebox'
import { dataDir, readStack } from './stack-file.ts'

const databaseNames = ['DATABASE_URL', 'DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASSWORD'] as const
const variables = Type.Object({
  ...Type.Pick(connectionVariables, [...databaseNames, 'REDIS_URL', 'QUEUE_PREFIX', 'CACHE_REDIS_URL', 'CACHE_PREFIX'])
    .properties,
  ...replicaVariables.properties,
})
const Stack = Type.Pick(StackFile, ['databaseUrl', 'redisUrl', 'queuePrefix'])

type Environment = Readonly<Record<string, string | undefined>>
/** The servers that hold the events and the jobs of an installation. */
export type Installation = {
  databaseUrl: string
  replicaUrl: string | undefined
  redisUrl: string
  queuePrefix: string
  cacheUrl: string
  cachePrefix: string
  /** Whether the cache is in the Redis of the queues, perhaps in another database of it. */
  cacheSharesRedis: boolean
}

/**
 * Finds the installation that the environment names, or else the one that `start` runs. When the environment names only
 * one of the two servers, it must be the one that `start` uses, because the other comes from there.
 * @throws ConfigError
 */
export function findInstallation(env: Environment = process.env): Installation {
  const namesDatabase = namesAny(env, databaseNames)
  const namesRedis = namesAny(env, ['REDIS_URL'])
  if (namesDatabase && namesRedis) return load(env)
  const { DATA_DIR } = loadVariables(Type.Object({ DATA_DIR: dataDir }), env)
  const stack = readStack(DATA_DIR, Stack, {
    problem: 'no installation to look at',
    wayOut: 'For another one set DATABASE_URL and REDIS_URL, and QUEUE_PREFIX if it has its own',
  })
  const found = load({
    ...env,
    ...(!namesDatabase && { DATABASE_URL: stack.databaseUrl }),
    ...(!namesRedis && { REDIS_URL: stack.redisUrl }),
    ...(stack.queuePrefix && { QUEUE_PREFIX: stack.queuePrefix }),
  })
  if (found.databaseUrl !== stack.databaseUrl || found.redisUrl !== stack.redisUrl)
    throw otherInstallation(namesRedis ? 'REDIS_URL' : 'DATABASE_URL')
  return found
}

const otherInstallation = (name: string) =>
  new ConfigError([
    `${name} names another installation than the one that \`start\` runs: set DATABASE_URL and REDIS_URL`,
  ])

const namesAny = (env: Environment, names: readonly string[]) =>
  names.some((name) => Boolean(env[name] || env[`${name}_FILE`]))

function load(env: Environment): Installation {
  const { variables: v, connections } = loadConnections(variables, env)
  const { database, redis, cache } = connections
  return {
    databaseUrl: database.url,
    replicaUrl: v.DATABASE_REPLICA_URL,
    redisUrl: redis.url,
    queuePrefix: redis.queuePrefix,
    cacheUrl: cache.url,
    cachePrefix: cache.prefix,
    cacheSharesRedis: cache.sharesRedis,
  }
}
