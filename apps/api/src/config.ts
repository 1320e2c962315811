import {
  connectionVariables,
  httpUrl,
  loadConnections,
  origins,
  proxyVariables,
  readWebhookConfig,
  replicaVariables,
  retentionVariables,
  samePortProblems,
  shutdownVariables,
  splitList,
  webhookProblems,
  webhookVariables,
} from '@goals-tasks/config'
import { authProblems, authVariables, readAuth } from '@goals-tasks/http'
import Type from 'typebox'
import { rateLimitProblems, readRateLimits } from './rate-limits.ts'

export const variables = Type.Object({
  ...connectionVariables.properties,
  ...replicaVariables.properties,
  ...authVariables.properties,
  PORT: Type.Integer({ minimum: 0, maximum: 65535, default: 3000, description: 'port of the API' }),
  PUBLIC_URL: Type.Optional(
    httpUrl(
      'address under which clients reach the API; the OpenAPI document and the `type` of problems name it, ' +
        'and are relative by default',
    ),
  ),
  CORS_ORIGINS: origins('origins whose pages may call the API, separated by commas; none by default'),
  RATE_LIMITS: Type.String({
    default: '',
    description:
      'quotas as sender=quota/seconds, separated by commas, for `key`, `user`, `address`, and ids of users and ' +
      'API keys: user=600/60,key=1200/60,address=60/60; nothing is limited by default',
  }),
  MAX_CONNECTIONS: Type.Integer({
    ...{ minimum: 1, maximum: 1_000_000, default: 10_000 },
    description: 'open connections of a process; one above it replaces the one that was idle for longest',
  }),
  MAX_REQUESTS_PER_USER: Type.Integer({
    ...{ minimum: 1, maximum: 1_000_000, default: 100 },
    description: 'requests of one user that a process executes at a time; more get 429',
  }),
  OVERLOAD_AFTER_MS: Type.Integer({
    ...{ minimum: 10, maximum: 60_000, default: 100 },
    description: 'time that work may wait for Postgres, for as long again, before new writes get 503, and then reads',
  }),
  ...proxyVariables.properties,
  ...retentionVariables.properties,
  ...webhookVariables.properties,
  ...shutdownVariables.properties,
})

/** @throws ConfigError with every problem */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const { variables: v, connections } = loadConnections(variables, env, (each) => [
    ...authProblems(each),
    ...webhookProblems(each),
    ...rateLimitProblems(splitList(each.RATE_LIMITS)),
    ...samePortProblems('PORT', each.PORT, each.PROBE_PORT),
  ])
  return Object.freeze({
    ...connections,
    replicaUrl: v.DATABASE_REPLICA_URL,
    auth: readAuth(v),
    http: {
      host: connections.host,
      port: v.PORT,
      publicUrl: v.PUBLIC_URL?.replace(/\/+$/, ''),
      maxConnections: v.MAX_CONNECTIONS,
      maxRequestsPerUser: v.MAX_REQUESTS_PER_USER,
      corsOrigins: splitList(v.CORS_ORIGINS),
      trustProxy: splitList(v.TRUST_PROXY),
    },
    rateLimits: readRateLimits(splitList(v.RATE_LIMITS)),
    overloadAfterMs: v.OVERLOAD_AFTER_MS,
    retentionDays: v.RETENTION_DAYS,
    webhooks: readWebhookConfig(v),
    shutdownTimeoutMs: v.SHUTDOWN_TIMEOUT_MS,
    shutdownDelayMs: v.SHUTDOWN_DELAY_MS,
  })
}
