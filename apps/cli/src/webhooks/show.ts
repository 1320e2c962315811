import { maxActorLength, maxReasonLength } from '@goals-tasks/db/operator-limits'
import {
  countedUpTo,
  type LiveWebhook,
  loadWebhookForOperators,
  type ShownWebhook,
  type WebhookChange,
} from '@goals-tasks/operations'
import { count, moment, oneLine } from '../format.ts'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'

/** Shows a webhook to an operator, also after its deletion. The exit code is 1 when it never existed. */
export async function runShowWebhook(
  { pool }: Pick<OpenInstallation, 'pool'>,
  { id }: { id: string },
): Promise<CommandResult> {
  const webhook = await loadWebhookForOperators(pool, id)
  if (!webhook) return { text: `no webhook has the id ${id}`, document: { id, found: false }, exitCode: 1 }
  return { text: linesOf(webhook).join('\n'), document: { found: true, ...webhook }, exitCode: 0 }
}

const linesOf = ({ id, live, changes }: ShownWebhook): string[] => [
  `webhook ${id}${live ? '' : ', deleted'}`,
  ...(live ? factsOf(live) : []).map(([name, value]) => `  ${name.padEnd(8)} ${value}`),
  ...(changes.length > 0 ? ['', 'changes, the last first', ...changes.map((change) => `  ${changeLine(change)}`)] : []),
]

function factsOf(webhook: LiveWebhook): [string, string][] {
  const { pause } = webhook
  return [
    ['owner', webhook.ownerId ?? 'the installation (SYNC_URL)'],
    ['host', webhook.host ?? 'unknown'],
    ['health', healthOf(webhook)],
    ...(pause ? ([['paused', pauseText(pause)]] as [string, string][]) : []),
    ['pending', count(webhook.pendingDeliveries, countedUpTo)],
    ['dead', count(webhook.deadLetters, countedUpTo)],
    ['version', `${webhook.version}, of ${moment(webhook.updatedAt)}`],
  ]
}

function healthOf({ health, disabledCause, disabledAt, failingSince, suspendedUntil }: LiveWebhook): string {
  if (disabledAt !== null) return `disabled since ${moment(disabledAt)}: ${disabledCause}`
  const since = failingSince === null ? '' : `, failing since ${moment(failingSince)}`
  return `${health}${since}${suspendedUntil === null ? '' : `, next request ${moment(suspendedUntil)}`}`
}

const pauseText = ({ since, actor, reason }: NonNullable<LiveWebhook['pause']>): string =>
  `since ${moment(since)} by ${oneLine(actor, maxActorLength)}: ${oneLine(reason, maxReasonLength)}`

function changeLine({ action, version, fields, actorId, asAdmin, via, occurredAt }: WebhookChange): string {
  const what = fields.length === 0 ? action : `${action} ${fields.join(', ')}`
  if (action === 'paused' || action === 'resumed') return `${moment(occurredAt).slice(0, 19)}  ${action} by an operator`
  const who = `${actorId}${asAdmin ? ' as admin' : ''}${via === null ? '' : ` by key ${via}`}`
  return `${moment(occurredAt).slice(0, 19)}  version ${version}  ${what}, by ${who}`
}
