import { styleText } from 'node:util'
import type { Trace, TracedEntity, TracedEventWork, TracedSyncRun } from '@goals-tasks/operations'
import { duration, moment, oneLine, plural } from '../format.ts'
import { detailLines, errorLines, headline } from './consumer.ts'

/** Formats the trace for people. Ids are never cut. Everything fits into 80 columns, and free text into `width`. */
export function traceScreen({ redis, entity, syncRun, events }: Trace, width: number): string {
  const away = redis === 'away' ? [['Redis is away: jobs are unknown, the rest is from Postgres']] : []
  const run = syncRun ? [runLines(syncRun, width)] : []
  const blocks = entity
    ? [entityLines(entity, events.length), ...run, ...events.map((event) => briefLines(event, width))]
    : [...events.map((event) => fullLines(event, width)), ...run]
  return [...away, ...blocks].map((lines) => lines.join('\n')).join('\n\n')
}

function entityLines({ kind, id, state, version }: TracedEntity, events: number): string[] {
  const stateText = version === null ? state : `${state}, version ${version}`
  const shown = events === 0 ? 'no events within the retention' : `newest ${plural(events, 'event')}, the last first`
  return [styleText('bold', `${kind} ${id}`), `${stateText}; ${shown}`]
}

/** A run is of a user, and so is its webhook. */
function runLines(run: TracedSyncRun, width: number): string[] {
  const { webhookId, host, stage, total, goals, tasks, skipped, retrying, failed, turns, error } = run
  return [
    `sync run to ${host ?? 'a deleted webhook'}`,
    `  webhook  ${webhookId}`,
    `  sent     ${plural(goals, 'goal')} and ${plural(tasks, 'task')} of ${total ?? 'an unknown number'} in all`,
    `  others   ${skipped} left out by the filter, ${retrying} sent again later, ${failed} failed`,
    `  stage    ${stage}, ${plural(turns, 'turn')}`,
    ...(error === null ? [] : [`  error    ${oneLine(error, width - 11)}`]),
  ]
}

function briefLines(event: TracedEventWork, width: number): string[] {
  return [
    `${styleText('bold', event.type)} ${event.id}`,
    `  version ${event.aggregateVersion}, ${moment(event.occurredAt)}`,
    `  by ${actorOf(event)}`,
    ...(event.changed.length > 0 ? [`  changed ${oneLine(event.changed.join(', '), width - 10)}`] : []),
    ...event.consumers.flatMap((trace) => [headline(trace), ...errorLines(trace, width)]).map((line) => `  ${line}`),
  ]
}

function fullLines(event: TracedEventWork, width: number): string[] {
  return [
    `${styleText('bold', event.type)} ${event.id}`,
    ...factsOf(event).map(([name, value]) => `  ${name.padEnd(8)} ${oneLine(value, width - 11)}`),
    '',
    ...event.consumers.flatMap((trace) => [headline(trace), ...errorLines(trace, width), ...detailLines(trace, width)]),
  ]
}

const actorOf = ({ actorId, asAdmin, via }: TracedEventWork) =>
  `${actorId}${asAdmin ? ' as admin' : ''}${via === null ? '' : ` by key ${via}`}`

function factsOf(event: TracedEventWork): [string, string][] {
  const ageSeconds = (Date.now() - Date.parse(event.occurredAt)) / 1_000
  const facts: [string, string | null][] = [
    ['when', `${moment(event.occurredAt)}, ${duration(ageSeconds)} ago`],
    ['of', `${event.aggregateType} ${event.aggregateId}, version ${event.aggregateVersion}`],
    ['by', actorOf(event)],
    ['changed', event.changed.join(', ') || null],
    ['reason', event.reason],
    ['request', event.correlationId],
    ['cause', event.causationId],
    ['cascade', event.cascadeId],
  ]
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value]]))
}
