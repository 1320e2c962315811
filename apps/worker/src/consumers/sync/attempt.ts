import type { WebhookAttempt, WebhookMessage } from '@goals-tasks/db'
import { type JobEvent, toCloudEvent } from '@goals-tasks/events'
import { inSpanOf, originOf } from '@goals-tasks/tracing'
import { parseEvent } from '../../runtime/processing/parse-event.ts'
import type { Endpoint } from './endpoint.ts'
import { sendMessage } from './send.ts'

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

/** A filter sees the change as the owner does. A test, the end of a run and the loss of an entity are always sent. */
const isWanted = ({ matches }: Endpoint, { type, visibility, before, after }: WebhookMessage): boolean =>
  type === 'webhook:test' ||
  type === 'sync:completed' ||
  visibility === 'lost' ||
  matches({ before: visibility === 'kept' ? before : null, after })

async function send(
  endpoint: Endpoint,
  source: string,
  { event, message }: Pick<Result, 'event' | 'message'>,
): Promise<Result> {
  const { isReplay, visibility, ...domainEvent } = message
  const content = toCloudEvent(domainEvent, source, visibility)
  const sent = await sendMessage(endpoint, {
    ...{ id: message.id, content },
    ...(isReplay && { headers: { 'webhook-replay': 'true' } }),
  })
  const { kind, attemptedAt, status, durationMs, response } = sent
  const attempt: WebhookAttempt = {
    ...{ eventId: message.id, eventType: message.type, attemptedAt, status, durationMs, response, isReplay },
    error: sent.kind === 'delivered' ? null : sent.error.message,
    outcome: kind,
  }
  if (sent.kind === 'delivered') return { event, message, kind: sent.kind, attempt }
  return { event, message, kind: sent.kind, error: sent.error, retryAfterMs: sent.retryAfterMs, attempt }
}
