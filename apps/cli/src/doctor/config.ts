import { httpUrl, loadVariables, readWebhookConfig, webhookVariables } from '@goals-tasks/config'
import { authVariables } from '@goals-tasks/http'
import Type from 'typebox'

const variables = Type.Object({
  ...Type.Pick(authVariables, ['AUTH_JWKS_URL']).properties,
  ...webhookVariables.properties,
  SYNC_URL: Type.Optional(httpUrl('the receiver of events')),
})

/** Returns the addresses that the doctor tries to reach, and the keys of webhooks. @throws ConfigError */
export function loadAddresses(env: NodeJS.ProcessEnv = process.env) {
  const v = loadVariables(variables, env)
  return { jwksUrl: v.AUTH_JWKS_URL, syncUrl: v.SYNC_URL, secretsKeys: readWebhookConfig(v).secretsKeys }
}
