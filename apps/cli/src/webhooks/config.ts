import { ConfigError, loadVariables, readWebhookConfig, webhookVariables } from '@goals-tasks/config'
import { createSealer, type Sealer } from '@goals-tasks/webhooks'

/** Loads the keys of the secrets of webhooks. @throws ConfigError without a key */
export function loadSealer(env: NodeJS.ProcessEnv = process.env): Sealer {
  const { secretsKeys } = readWebhookConfig(loadVariables(webhookVariables, env))
  if (secretsKeys.length === 0) throw new ConfigError(['SECRETS_KEY is required: set it as the processes have it'])
  return createSealer(secretsKeys)
}
