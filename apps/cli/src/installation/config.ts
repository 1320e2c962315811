import { ConfigError, connectionVariables, loadConnections, loadVariables } from '@goals-tasks/config'
import Type from 'typebox'
import { dataDir, readStackFile } from './stack-file.ts'

const databaseNames = ['DATABASE_URL', 'DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASSWORD'] as const
const variables = Type.Pick(connectionVariables, [...databaseNames, 'REDIS_URL', 'QUEUE_PREFIX'])
const Stack = Type.Object({
  databaseUrl: Type.String(),
  redisUrl: Type.String(),
  queuePrefix: Type.Optional(Type.String()),
})

type Environment = Readonly<Record<string, string | undefined>>
/** Where an installation keeps its events and its jobs. */
export type Installation = { databaseUrl: string; redisUrl: string; queuePrefix: string }

/**
 * The installation that the environment names, else the one that `start` runs. Where the environment names only one of
 * the two servers, `start` has to be running on that one: it knows the other.
 * @throws ConfigError
 */
export function findInstallation(env: Environment = process.env): Installation {
  const namesDatabase = names(env, databaseNames)
  const namesRedis = names(env, ['REDIS_URL'])
  if (namesDatabase && namesRedis) return load(env)
  const { DATA_DIR } = loadVariables(Type.Object({ DATA_DIR: dataDir }), env)
  const stack = readStackFile(DATA_DIR, Stack, {
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
    throw new ConfigError([
      `${namesRedis ? 'REDIS_URL' : 'DATABASE_URL'} names another installation than the one that \`start\` runs: set DATABASE_URL and REDIS_URL`,
    ])
  return found
}

const names = (env: Environment, list: readonly string[]) =>
  list.some((name) => Boolean(env[name] || env[`${name}_FILE`]))

function load(env: Environment): Installation {
  const { database, redis } = loadConnections(variables, env).connections
  return { databaseUrl: database.url, redisUrl: redis.url, queuePrefix: redis.queuePrefix }
}
