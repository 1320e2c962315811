import {
  connectionVariables,
  httpUrl,
  loadConnections,
  readWebhookConfig,
  retentionVariables,
  splitList,
  textThat,
  webhookProblems,
  webhookVariables,
} from '@goals-tasks/config'
import { notificationRetentionDays } from '@goals-tasks/db'
import { consumerNames, isConsumerName } from '@goals-tasks/events'
import { mailProblems, mailVariables, readMail } from '@goals-tasks/mail'
import Type from 'typebox'

/** The variables of the worker. The generated documentation reads them too. */
export const workerVariables = Type.Object({
  ...connectionVariables.properties,
  ...retentionVariables.properties,
  ...webhookVariables.properties,
  AUDIT_RETENTION_DAYS: Type.Optional(
    Type.Integer({
      minimum: notificationRetentionDays + 1,
      maximum: 36_500,
      description:
        'days after which audit rows are deleted; the newest older row of each goal and task stays; ' +
        'unset means that all rows stay; the same for all workers',
    }),
  ),
  WORKER_CONSUMERS: Type.Optional(
    Type.Refine(
      Type.String({ description: 'the consumers that this process serves, separated by commas; unset means all' }),
      (text) => splitList(text).length > 0 && splitList(text).every(isConsumerName),
      (text) => `names no consumer${unknownNames(text)}; the consumers are ${consumerNames.join(', ')}`,
    ),
  ),
  WORKER_SHUTDOWN_TIMEOUT_MS: Type.Integer({
    minimum: 1_000,
    default: 20_000,
    description: 'how long a stopping worker lets its running jobs finish, in milliseconds',
  }),
  SYNC_URL: Type.Optional(httpUrl('where every event is POSTed to as CloudEvents JSON; unset means nowhere')),
  SYNC_SECRET: Type.Optional(
    textThat(
      (text) => splitList(text).length > 0 && splitList(text).every(isWebhookSecret),
      'must be `whsec_` with 24 to 64 random bytes in base64, or two of them, separated by a comma',
      'secret that signs those requests as Standard Webhooks defines, `whsec_` with 24 to 64 bytes in base64; ' +
        'two, separated by a comma, during a rotation; unset means no signature',
    ),
  ),
  SYNC_SOURCE: Type.String({
    minLength: 1,
    default: '/goals-tasks',
    description: 'the `source` of those CloudEvents: a URI reference that names this installation',
  }),
  ...mailVariables.properties,
})

function isWebhookSecret(text: string): boolean {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  const { length } = Buffer.from(encoded ?? '', 'base64')
  return length >= 24 && length <= 64
}

function unknownNames(text: string): string {
  const unknown = splitList(text).filter((name) => !isConsumerName(name))
  return unknown.length === 0 ? ' at all' : `: ${unknown.join(', ')}`
}

/** Reads the configuration of the worker. @throws ConfigError that lists every problem */
export function loadWorkerConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  const { variables: v, connections } = loadConnections(workerVariables, env, (each) => [
    ...webhookProblems(each),
    ...mailProblems(each),
  ])
  return Object.freeze({
    ...connections,
    consumers: v.WORKER_CONSUMERS === undefined ? consumerNames : readConsumers(v.WORKER_CONSUMERS),
    retentionDays: v.RETENTION_DAYS,
    auditRetentionDays: v.AUDIT_RETENTION_DAYS,
    webhooks: readWebhookConfig(v),
    shutdownTimeoutMs: v.WORKER_SHUTDOWN_TIMEOUT_MS,
    sync: { url: v.SYNC_URL, source: v.SYNC_SOURCE, secrets: splitList(v.SYNC_SECRET ?? '') },
    mail: readMail(v),
  })
}

const readConsumers = (list: string) => [...new Set(splitList(list))].filter(isConsumerName)
