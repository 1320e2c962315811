import { httpUrl, loadVariables } from '@goals-tasks/config'
import { authVariables } from '@goals-tasks/http'
import Type from 'typebox'

const variables = Type.Object({
  ...Type.Pick(authVariables, ['AUTH_JWKS_URL']).properties,
  SYNC_URL: Type.Optional(httpUrl('the receiver of events')),
})

/** Returns the addresses that the doctor tries to reach. @throws ConfigError */
export function loadAddresses(env: NodeJS.ProcessEnv = process.env) {
  const { AUTH_JWKS_URL, SYNC_URL } = loadVariables(variables, env)
  return { jwksUrl: AUTH_JWKS_URL, syncUrl: SYNC_URL }
}
