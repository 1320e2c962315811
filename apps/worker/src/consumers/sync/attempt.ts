import type { WebhookAttempt, WebhookMessage } from '@goals-tasks/db'
import { type JobEvent, toCloudEvent } from '@goals-tasks/events'
import { inSpanOf, originOf, traceHeaders } from '@goals-tasks/tracing'
import { signMessage } from '@goals-tasks/webhooks'
import { parseEvent } from '../../runtime/processing/parse-event.ts'
import { RetryLaterError } from '../results.ts'
import type { Endpoint } from './endpoint.ts'

/** The result of one event at an endpoint. `attempt` is the request, when one was sent. */
export type Result = { event: JobEvent; message: WebhookMessage } & (
  | { kind: 'skipped'; attempt: null }
  | { kind: 'malformed'; error: Error; attempt: null }
  | { kind: 'delivered'; attempt: WebhookAttempt }
  | { kind: 'failed' | 'gone'; error: Error; retryAfterMs: number; attempt: WebhookAttempt }
)

/** Sends one event, unless the filter of the endpoint leaves it out. Never throws. */
export async function attempt(
  endpoint: Endpoint,
  source: string,
  { event, message }: Pick<Result, 'event' | 'message'>,
): Promise<Result> {
  const parsed = parseEvent('sync', message)
  if ('problem' in parsed) return { event, message, kind: 'malformed', error: new Error(parsed.problem), attempt: null }
  if (!isWanted(endpoint, message)) return { event, message, kind: 'skipped', attempt: null }
  const attributes = { 'messaging.message.id': message.id, 'event.type': message.type }
  return inSpanOf(originOf(message.traceparent), 'effect sync', { attributes }, () =>
    send(endpoint, source, { event, message }),
  )
}

/** A filter sees the change as the owner does. A test and the loss of an entity are always sent. */
const isWanted = ({ matches }: Endpoint, { type, visibility, before, after }: WebhookMessage): boolean =>
  type === 'webhook:test' || visibility === 'lost' || matches({ before: visibility === 'kept' ? before : null, after })

async function send(
  { post, url, secrets }: Endpoint,
  source: string,
  { event, message }: Pick<Result, 'event' | 'message'>,
): Promise<Result> {
  const attemptedAt = new Date()
  const { isReplay, visibility, ...domainEvent } = message
  const body = JSON.stringify(toCloudEvent(domainEvent, source, visibility))
  const headers = {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    ...signMessage({ id: message.id, sentAt: attemptedAt, body, secrets }),
    ...(isReplay && { 'webhook-replay': 'true' }),
    ...traceHeaders(),
  }
  const { retryAfterMs, status, durationMs, error: reason, response } = await post({ url, headers, body })
  const error = errorOf(status, reason, retryAfterMs)
  const kind = error === null ? 'delivered' : status === 410 ? 'gone' : 'failed'
  const request: WebhookAttempt = {
    ...{ eventId: message.id, eventType: message.type, attemptedAt, status, durationMs, response, isReplay },
    error: error?.message ?? null,
    outcome: kind,
  }
  if (error === null || kind === 'delivered') return { event, message, kind: 'delivered', attempt: request }
  return { event, message, kind, error, retryAfterMs, attempt: request }
}

function errorOf(status: number | null, reason: string | null, retryAfterMs: number): Error | null {
  if (status === null) return new Error(`the receiver cannot be reached: ${reason}`)
  if (status >= 200 && status <= 299) return null
  if (status === 410) return new Error('the receiver answered 410: it is gone for good')
  return new RetryLaterError(`the receiver answered ${status}`, retryAfterMs)
}
