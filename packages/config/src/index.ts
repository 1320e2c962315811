export { checkConfig } from './check.ts'
export {
  type Connections,
  type ConnectionVariables,
  connectionVariables,
  developmentSecretPrefix,
  loadConnections,
  proxyVariables,
  replicaVariables,
  retentionVariables,
  samePortProblems,
  shutdownVariables,
} from './connections.ts'
export { httpUrl, httpUrls, origins, smtpUrl, splitList, textThat } from './formats.ts'
export { ConfigError, describeVariables, loadVariables } from './load.ts'
export { readWebhookConfig, type WebhookConfig, webhookProblems, webhookVariables } from './webhooks.ts'
