import { ConfigError, connectionVariables, loadConnections } from '@goals-tasks/config'
import { type ConsumerName, consumerNames, isConsumerName } from '@goals-tasks/events'
import Type from 'typebox'

/** The worker's environment, for its documentation as well. */
export const workerVariables = Type.Object({
  ...connectionVariables.properties,
  WORKER_CONSUMERS: Type.Optional(
    Type.String({ description: 'the consumers that this process serves, separated by commas; unset means all' }),
  ),
  WORKER_SHUTDOWN_TIMEOUT_MS: Type.Integer({
    minimum: 1_000,
    default: 20_000,
    description: 'how long a stopping worker lets its running jobs finish, in milliseconds',
  }),
  SYNC_URL: Type.Optional(
    Type.String({ description: 'where every event is POSTed to as CloudEvents JSON; unset means nowhere' }),
  ),
  SYNC_SOURCE: Type.String({
    minLength: 1,
    default: '/goals-tasks',
    description: 'the `source` of those CloudEvents: a URI reference that names this installation',
  }),
})

/** @throws ConfigError */
export function loadWorkerConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  const { variables, connections } = loadConnections(workerVariables, env)
  return Object.freeze({
    ...connections,
    consumers: readConsumers(variables.WORKER_CONSUMERS),
    shutdownTimeoutMs: variables.WORKER_SHUTDOWN_TIMEOUT_MS,
    sync: { url: readSyncUrl(variables.SYNC_URL), source: variables.SYNC_SOURCE },
  })
}

function readConsumers(list: string | undefined): readonly ConsumerName[] {
  if (list === undefined) return consumerNames
  const names = [...new Set(list.split(',').map((name) => name.trim()))].filter((name) => name !== '')
  const unknown = names.filter((name) => !isConsumerName(name))
  const known = `the consumers are ${consumerNames.join(', ')}`
  if (unknown.length > 0) throw new ConfigError([`WORKER_CONSUMERS names no consumer: ${unknown.join(', ')}; ${known}`])
  if (names.length === 0) throw new ConfigError([`WORKER_CONSUMERS names no consumer at all; ${known}`])
  return names.filter(isConsumerName)
}

/** Refused at the start rather than at each event: `fetch` takes no credentials in a URL. */
function readSyncUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new ConfigError(['SYNC_URL must be an absolute http or https URL'])
  if (url.username !== '' || url.password !== '')
    throw new ConfigError(['SYNC_URL must hold neither user name nor password'])
  return text
}
