import { parseArgs } from 'node:util'
import { dataDir } from '../repository.ts'

const DATABASE = ['DATABASE_URL', 'DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASSWORD']

export type Settings = {
  folder: string
  /** False where the environment brings its own. */
  embedPostgres: boolean
  embedRedis: boolean
  makeSecret: boolean
  /** Whether the token command can sign what the API will accept. */
  canSign: boolean
  /** What to put before a command so that it finds this data folder. */
  commandPrefix: string
  /** Whether to load the sample. */
  demo: boolean
}

/** @throws when an argument is none that we know */
export function readSettings(env: NodeJS.ProcessEnv, args: readonly string[]): Settings {
  const given = (...names: string[]) => names.some((name) => Boolean(env[name] || env[`${name}_FILE`]))
  return {
    folder: dataDir(env),
    embedPostgres: !given(...DATABASE),
    embedRedis: !given('REDIS_URL'),
    makeSecret: !given('AUTH_JWT_SECRET', 'AUTH_JWKS_URL'),
    canSign: !given('AUTH_JWKS_URL'),
    commandPrefix: env.DATA_DIR ? `DATA_DIR='${env.DATA_DIR}' ` : '',
    demo: parseArgs({ args: [...args], options: { demo: { type: 'boolean', default: false } } }).values.demo,
  }
}
