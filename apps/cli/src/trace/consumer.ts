import { styleText } from 'node:util'
import { consumerNames } from '@goals-tasks/events'
import type { ConsumerTrace, TracedMail, TracedNotification, TracedWebhook } from '@goals-tasks/operations'
import { newestJobsRead, type TracedJob } from '@goals-tasks/operations'
import { moment, oneLine, plural, timeOfDay } from '../format.ts'
import { receiverVariables } from '../receiver-variables.ts'

type Unfinished = Extract<ConsumerTrace, { state: 'pending' | 'dead' }>
const nameWidth = Math.max(...consumerNames.map((name) => name.length))

/** Formats the trace at one consumer on one line: `sync  pending, 3 of 15 attempts failed, next 15:03:04`. */
export function headline(trace: ConsumerTrace): string {
  const { consumer, webhook } = trace
  return `${(webhook ? `${consumer} → ${webhook.host ?? webhook.id}` : consumer).padEnd(nameWidth)}  ${stateOf(trace)}`
}

function stateOf(trace: ConsumerTrace): string {
  switch (trace.state) {
    case 'done': {
      const count = trace.notifications && `, ${plural(trace.notifications.length, 'notification')}`
      return `${styleText('green', 'done')}${trace.at ? ` ${timeOfDay(trace.at)}` : ''}${count ?? ''}`
    }
    case 'missing':
      return `${styleText('red', 'missing')}: no audit row and no work left`
    case 'no receiver':
      return 'no receiver'
    case 'pending':
      return `${styleText('yellow', 'pending')}, ${attemptsOf(trace)}, ${whenOf(trace)}`
    case 'dead':
      return `${styleText('red', 'dead letter')} ${sinceOf(trace)}`
  }
}

const sinceOf = ({ diedAt, attempts, maxAttempts }: Unfinished) =>
  `since ${moment(diedAt ?? '').slice(0, 19)}, attempt ${attempts} of ${maxAttempts}`

const attemptsOf = ({ attempts, maxAttempts }: Unfinished) =>
  attempts === 0 ? 'not tried' : `${attempts} of ${maxAttempts} attempts failed`

const whenOf = (trace: Unfinished) => (trace.webhook?.pause ? 'paused' : nextOf(trace))

function nextOf({ jobs, partlyRead, dueAt }: Unfinished): string {
  const next = jobs?.findLast((job) => job.state !== 'failed')
  if (next?.state === 'delayed') return `next ${timeOfDay(next.at).slice(0, 8)}`
  if (next) return `${next.state} since ${timeOfDay(next.at).slice(0, 8)}`
  const allRead = jobs && partlyRead.every((state) => state === 'failed')
  return allRead ? `in no job, due ${timeOfDay(dueAt ?? '').slice(0, 8)}` : 'job unknown'
}

/** Formats the last error of a pending delivery or a dead letter. */
export const errorLines = (trace: ConsumerTrace, width: number): string[] =>
  'error' in trace && trace.error !== null ? [`  ${oneLine(trace.error, width - 4)}`] : []

/** Formats the dead letter, the jobs with their errors, and the notifications. */
export function detailLines(trace: ConsumerTrace, width: number): string[] {
  if (trace.state === 'missing')
    return ['  An operator discarded its dead letter, or it was not subscribed at the time.']
  if (trace.state === 'no receiver')
    return [
      `  It was committed while ${receiverVariables[trace.consumer] ?? 'its receiver'} was not set, so it is not sent.`,
    ]
  if (trace.state === 'done') return (trace.notifications ?? []).flatMap((each) => notificationLines(each, width))
  const { deadLetterId, replays, jobs, partlyRead } = trace
  return [
    ...(trace.webhook ? webhookLines(trace.webhook, width) : []),
    ...(deadLetterId ? [`  dead letter ${deadLetterId}`] : []),
    ...(replays > 0 ? [`  replayed ${plural(replays, 'time')}`] : []),
    ...(jobs ?? []).flatMap((job) => jobLines(job, width)),
    ...partlyRead.map((state) => `  only the newest ${newestJobsRead} ${state} jobs were read`),
  ]
}

function webhookLines({ id, pause }: TracedWebhook, width: number): string[] {
  const why = pause && `paused since ${moment(pause.since)} by ${pause.actor}: ${pause.reason}`
  return [`  webhook ${id}`, ...(why === undefined ? [] : [`  ${oneLine(why, width - 4)}`])]
}

function notificationLines({ userId, kind, channel, readAt, mail }: TracedNotification, width: number): string[] {
  const state = channel === 'email' ? (mail?.state ?? 'pending') : readAt ? 'read' : 'unread'
  const at = channel === 'email' && mail?.at ? ` ${timeOfDay(mail.at)}` : ''
  const why = mail?.reason ? [`    ${oneLine(`${mailLabels[mail.state]}: ${mail.reason}`, width - 6)}`] : []
  return [`  notified ${userId} ${kind}, ${channel}, ${state}${at}`, ...why]
}

const mailLabels: Record<TracedMail['state'], string> = {
  ...{ sent: 'sent', held: 'waits', pending: 'not sent yet', dead: 'dead letter', skipped: 'not sent' },
  none: 'no mail',
}

function jobLines({ id, state, at, events, error }: TracedJob, width: number): string[] {
  const others = events > 1 ? ` with ${plural(events - 1, 'other event')}` : ''
  const why = state === 'failed' && error !== null ? [`                   ${oneLine(error, width - 19)}`] : []
  return [`  ${timeOfDay(at).slice(0, 8)} ${state.padEnd(7)} ${id}${others}`, ...why]
}
