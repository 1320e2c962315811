import { parseArgs } from 'node:util'
import { dataDir } from '../processes/repository.ts'
import { isLoopback } from './listen-address.ts'

const databaseVariables = ['DATABASE_URL', 'DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASSWORD']

export type Settings = {
  folder: string
  /** False when the environment names a server. */
  embedPostgres: boolean
  embedRedis: boolean
  makeSecret: boolean
  /** Whether `start` makes the key that encrypts the secrets of webhooks. */
  makeSecretsKey: boolean
  /** Whether webhooks may name this machine, because no other machine reaches the API. */
  allowLoopback: boolean
  /** Whether the token command can sign what the API accepts. */
  canSign: boolean
  /** The text before a command that makes it find this data folder. */
  commandPrefix: string
  /** The address that the programs listen on. */
  listenHost: string
  /** Whether to load the sample. */
  demo: boolean
  /** Whether a program restarts when one of its source files changes. */
  watch: boolean
}

/** @throws when an argument is unknown */
export function readSettings(env: NodeJS.ProcessEnv, args: readonly string[]): Settings {
  const isSet = (...names: string[]) => names.some((name) => Boolean(env[name] || env[`${name}_FILE`]))
  const { demo, watch } = parseArgs({
    args: [...args],
    options: { demo: { type: 'boolean', default: false }, watch: { type: 'boolean', default: false } },
  }).values
  return {
    folder: dataDir(env),
    embedPostgres: !isSet(...databaseVariables),
    embedRedis: !isSet('REDIS_URL'),
    makeSecret: !isSet('AUTH_JWT_SECRET', 'AUTH_JWKS_URL'),
    makeSecretsKey: !isSet('SECRETS_KEY') && env.NODE_ENV !== 'production',
    allowLoopback: !isSet('WEBHOOK_ALLOW_NETWORKS') && isLoopback(env.HOST || '127.0.0.1'),
    canSign: !isSet('AUTH_JWKS_URL'),
    commandPrefix: env.DATA_DIR ? `DATA_DIR='${env.DATA_DIR}' ` : '',
    listenHost: env.HOST || '127.0.0.1',
    demo,
    watch,
  }
}
