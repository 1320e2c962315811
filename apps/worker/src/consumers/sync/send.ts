import { traceHeaders } from '@goals-tasks/tracing'
import { signMessage } from '@goals-tasks/webhooks'
import { RetryLaterError } from '../results.ts'
import type { Endpoint } from './endpoint.ts'

/** The request of one message, and its response. */
type Request = { attemptedAt: Date; status: number | null; durationMs: number; response: string | null }

export type Sent = Request & ({ kind: 'delivered' } | { kind: 'failed' | 'gone'; error: Error; retryAfterMs: number })

/** Sends one message with its signatures. `id` becomes the `webhook-id`. Never throws. */
export async function sendMessage(
  { post, url, secrets }: Pick<Endpoint, 'post' | 'url' | 'secrets'>,
  { id, content, headers }: { id: string; content: object; headers?: Record<string, string> },
): Promise<Sent> {
  const attemptedAt = new Date()
  const body = JSON.stringify(content)
  const {
    retryAfterMs,
    status,
    durationMs,
    error: reason,
    response,
  } = await post({
    ...{ url, body },
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      ...signMessage({ id, sentAt: attemptedAt, body, secrets }),
      ...headers,
      ...traceHeaders(),
    },
  })
  const request = { attemptedAt, status, durationMs, response }
  const error = errorOf(status, reason, retryAfterMs)
  if (error === null) return { kind: 'delivered', ...request }
  return { kind: status === 410 ? 'gone' : 'failed', error, retryAfterMs, ...request }
}

function errorOf(status: number | null, reason: string | null, retryAfterMs: number): Error | null {
  if (status === null) return new Error(`the receiver cannot be reached: ${reason}`)
  if (status >= 200 && status <= 299) return null
  if (status === 410) return new Error('the receiver answered 410: it is gone for good')
  return new RetryLaterError(`the receiver answered ${status}`, retryAfterMs)
}
