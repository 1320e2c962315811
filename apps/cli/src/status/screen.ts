import { styleText } from 'node:util'
import { type ConsumerStatus, countedUpTo, type LastError } from '@goals-tasks/operations'
import { count, duration, moment, oneLine } from '../format.ts'
import { receiverVariables } from '../receiver-variables.ts'
import type { StatusReport } from './report.ts'

type Pause = NonNullable<ConsumerStatus['pause']>
type Options = { width: number; places: { postgres: string; redis: string } }

/** Formats the report for people, at most `width` characters wide. `places` are the addresses of the servers. */
export function statusScreen(report: StatusReport, { width, places }: Options): string {
  const errors = report.consumers.flatMap(({ consumer, lastError }) =>
    lastError ? errorLines(consumer, lastError, width) : [],
  )
  return [
    `goals-tasks  ${moment(report.at)}`,
    `Postgres     ${oneLine(stateLine(report.postgres, report.postgresError, places.postgres), width - 13)}`,
    `Redis        ${oneLine(stateLine(report.redis, report.redisError, places.redis), width - 13)}`,
    `Feed         its oldest open transaction began ${duration(report.feedLagSeconds)} ago`,
    '',
    ...tableLines([head, ...report.consumers.map(cellsOf), totalCells(report.totals)]),
    `Processes: ${processLine(report)}`,
    `Reminders: made up to ${duration(report.reminderLagSeconds)} ago`,
    ...(report.digestLagSeconds > 0 ? [`Digests: the oldest is ${duration(report.digestLagSeconds)} late`] : []),
    ...(report.mailServerError === null ? [] : [oneLine(`Mails wait: ${report.mailServerError}`, width)]),
    `Webhooks:  ${webhookLine(report)}`,
    ...syncRunLine(report),
    ...report.consumers.flatMap((each) => pauseLines(each, width)),
    ...report.pausedWebhooks.map(({ name, ...pause }) => pauseLine(name, pause, width)),
    ...report.consumers.flatMap(receiverLine),
    ...(errors.length > 0 ? ['', 'Last errors', ...errors] : []),
    '',
    ...verdictLines(report, width),
  ].join('\n')
}

const stateLine = (state: string, error: string | null, place: string) =>
  error === null ? `${state}, ${place}` : `${state}: ${error}, ${place}`

const head = ['', 'waiting', 'active', 'delayed', 'failed', 'workers', 'pending', 'oldest', 'dead']
const unknown = '?'
const none = '–'

function cellsOf({ consumer, queue, workers, ...rest }: ConsumerStatus): string[] {
  const { waiting, active, delayed, failed } = queue ?? {}
  return [consumer, ...[waiting, active, delayed, failed, workers].map(known), ...deliveryCells(rest)]
}

const totalCells = ({ waiting, active, delayed, failed, ...rest }: StatusReport['totals']): string[] => [
  'total',
  ...[waiting, active, delayed, failed].map(known),
  '',
  ...deliveryCells(rest),
]

const known = (value: number | null | undefined) => (value === null || value === undefined ? unknown : count(value))

const deliveryCells = (of: Pick<ConsumerStatus, 'pendingDeliveries' | 'oldestPendingSeconds' | 'deadLetters'>) => [
  count(of.pendingDeliveries, countedUpTo),
  of.oldestPendingSeconds === null ? none : duration(of.oldestPendingSeconds),
  count(of.deadLetters, countedUpTo),
]

/** Aligns names to the left and numbers to the right. */
function tableLines(rows: readonly string[][]): string[] {
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)
  return rows.map((row) => row.map(pad).join(' '))
}

/** Counts the running processes by role and version: `api 2 (0.2.0), worker 1 (0.2.0)`. */
function processLine({ processes }: StatusReport): string {
  const groups = Map.groupBy(processes, ({ role, version }) => `${role} (${version})`)
  return [...groups].map(([name, members]) => `${count(members.length)} ${name}`).join(', ') || 'none runs'
}

const pauseLine = (name: string, { since, actor, reason }: Pause, width: number): string =>
  oneLine(`${name} is paused since ${moment(since)} by ${actor}: ${reason}`, width)

function pauseLines({ consumer, queue, pause }: ConsumerStatus, width: number): string[] {
  return [
    ...(pause ? [pauseLine(consumer, pause, width)] : []),
    ...(queue?.paused ? [`The queue of ${consumer} is paused in Redis`] : []),
  ]
}

/** Counts the webhooks of users by health: `12 healthy, 1 suspended, 1 paused`. */
function webhookLine({ webhooks, pausedWebhooks }: StatusReport): string {
  const counts = Object.entries({ ...webhooks, paused: pausedWebhooks.length }).filter(([, value]) => value > 0)
  return counts.map(([name, value]) => `${count(value, countedUpTo)} ${name}`).join(', ') || 'none'
}

function syncRunLine({ syncRuns: { pending, running, oldestSeconds } }: StatusReport): string[] {
  if (oldestSeconds === null) return []
  const counts = [`${count(running, countedUpTo)} running`, `${count(pending, countedUpTo)} pending`]
  return [`Sync runs: ${counts.join(', ')}, the oldest began ${duration(oldestSeconds)} ago`]
}

function receiverLine({ consumer, hasReceiver }: ConsumerStatus): string[] {
  if (hasReceiver === null) return []
  const missing = `${consumer} has no receiver: ${receiverVariables[consumer] ?? 'its address'} is not set`
  return [hasReceiver ? `${consumer} has a receiver` : missing]
}

function errorLines(consumer: string, { error, attempts, givenUp, ...of }: LastError, width: number): string[] {
  const outcome = givenUp ? `dead letter after attempt ${attempts}` : `${attempts} failed so far`
  return [
    `  ${consumer}: ${oneLine(error, width - consumer.length - 4)}`,
    `    ${of.eventId}, ${duration(of.eventAgeSeconds)} old, ${outcome}`,
  ]
}

function verdictLines({ faults }: StatusReport, width: number): string[] {
  if (faults.length === 0) return [styleText('green', '✔ nothing needs a human')]
  return ['Needs a human', ...faults.map((fault) => styleText('red', `  ✖ ${oneLine(fault, width - 4)}`))]
}
