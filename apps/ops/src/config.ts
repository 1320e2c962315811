import {
  connectionVariables,
  httpUrls,
  loadConnections,
  proxyVariables,
  samePortProblems,
  shutdownVariables,
  splitList,
} from '@goals-tasks/config'
import { authProblems, authVariables, readAuth } from '@goals-tasks/http'
import Type from 'typebox'

export const opsVariables = Type.Object({
  ...connectionVariables.properties,
  ...authVariables.properties,
  ...proxyVariables.properties,
  ...shutdownVariables.properties,
  OPS_PORT: Type.Integer({ minimum: 0, maximum: 65535, default: 3001, description: 'port of `ops`' }),
  OPS_SESSION_SECRET: Type.Optional(
    Type.String({
      minLength: 32,
      description:
        'secret of the session cookies, 32 characters or more; ' +
        'unset means derived from `AUTH_JWT_SECRET`, or new at every start',
    }),
  ),
  OPS_READY_URLS: httpUrls(
    '`/readyz` addresses of the other processes, separated by commas; then `/readyz` of `ops` covers all of them',
  ),
})

/** Reads the configuration of `ops` from the environment. @throws ConfigError with every problem */
export function loadOpsConfig(env: NodeJS.ProcessEnv = process.env) {
  const { variables: v, connections } = loadConnections(opsVariables, env, (each) => [
    ...authProblems(each),
    ...samePortProblems('OPS_PORT', each.OPS_PORT, each.PROBE_PORT),
  ])
  return Object.freeze({
    ...connections,
    auth: readAuth(v),
    http: { host: connections.host, port: v.OPS_PORT },
    sessionSecret: v.OPS_SESSION_SECRET ?? v.AUTH_JWT_SECRET,
    shutdownTimeoutMs: v.SHUTDOWN_TIMEOUT_MS,
    shutdownDelayMs: v.SHUTDOWN_DELAY_MS,
    trustProxy: splitList(v.TRUST_PROXY),
    readyUrls: splitList(v.OPS_READY_URLS),
  })
}
