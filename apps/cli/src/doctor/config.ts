import { httpUrl, loadVariables, readWebhookConfig, webhookVariables } from '@goals-tasks/config'
import { authVariables } from '@goals-tasks/http'
import { readSmtpServer, smtpVariables, verifyServer } from '@goals-tasks/mail'
import Type from 'typebox'

const variables = Type.Object({
  ...Type.Pick(authVariables, ['AUTH_JWKS_URL']).properties,
  ...webhookVariables.properties,
  ...smtpVariables.properties,
  SYNC_URL: Type.Optional(httpUrl('the receiver of events')),
})

/** Returns what the doctor tries to reach, and the keys of webhooks. @throws ConfigError */
export function loadAddresses(env: NodeJS.ProcessEnv = process.env) {
  const v = loadVariables(variables, env)
  const smtpServer = readSmtpServer(v)
  return {
    ...{ jwksUrl: v.AUTH_JWKS_URL, syncUrl: v.SYNC_URL, secretsKeys: readWebhookConfig(v).secretsKeys },
    verifyMailServer: smtpServer && (() => verifyServer(smtpServer)),
  }
}
