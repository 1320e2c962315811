import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ConfigError,
  connectionVariables,
  loadConnections,
  loadVariables,
  networks,
  origins,
  retentionVariables,
  splitList,
} from '@goals-tasks/config'
import Type from 'typebox'
import { authProblems, authVariables, readAuth } from './auth-config.ts'

export const variables = Type.Object({
  ...connectionVariables.properties,
  ...authVariables.properties,
  PORT: Type.Integer({ minimum: 0, maximum: 65535, default: 3000, description: 'port of the API' }),
  CORS_ORIGINS: origins('origins whose pages may call the API, separated by commas; none by default'),
  TRUST_PROXY: networks(
    'proxies whose X-Forwarded-* headers are believed, separated by commas: addresses, networks, `loopback`, `linklocal` or `uniquelocal`',
  ),
  ...retentionVariables.properties,
  SHUTDOWN_TIMEOUT_MS: Type.Integer({
    minimum: 0,
    default: 15_000,
    description: 'how long running requests may take to finish at a stop',
  }),
})

/** @throws ConfigError with every problem */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const { variables: v, connections } = loadConnections(variables, env, authProblems)
  return Object.freeze({
    ...connections,
    auth: readAuth(v),
    http: {
      host: connections.host,
      port: v.PORT,
      corsOrigins: splitList(v.CORS_ORIGINS),
      trustProxy: splitList(v.TRUST_PROXY),
    },
    retentionDays: v.RETENTION_DAYS,
    shutdownTimeoutMs: v.SHUTDOWN_TIMEOUT_MS,
  })
}

const tokenVariables = Type.Object({
  ...Type.Pick(authVariables, ['AUTH_JWT_SECRET', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_SCOPE_CLAIM']).properties,
  DATA_DIR: Type.String({ default: '.data', description: 'where `start` keeps its data' }),
})

/** The key to sign a local token with: AUTH_JWT_SECRET, else the one that `start` generated. @throws ConfigError */
export function loadTokenSecret(env: NodeJS.ProcessEnv = process.env) {
  const v = loadVariables(tokenVariables, env)
  const secret = v.AUTH_JWT_SECRET ?? readStartSecret(join(v.DATA_DIR, 'auth-secret'))
  return {
    key: new TextEncoder().encode(secret),
    issuer: v.AUTH_ISSUER,
    audience: v.AUTH_AUDIENCE,
    scopeClaim: v.AUTH_SCOPE_CLAIM,
  }
}

function readStartSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new ConfigError([
      `AUTH_JWT_SECRET is not set and ${path} cannot be read (did \`start\` run here?): ${cause instanceof Error ? cause.message : cause}`,
    ])
  }
}
