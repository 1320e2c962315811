import { toCloudEvent } from '@goals-tasks/events'
import { traceHeaders } from '@goals-tasks/tracing'
import type { External } from './contract.ts'
import { done, moveToDeadLetters, RetryLaterError, skipped } from './results.ts'
import { parseRetryAfterMs } from './retry-after.ts'

const timeoutMs = 10_000

/** The receiver's address, and the `source` of the CloudEvents. Without an address nothing is sent. */
export type SyncDeps = { url: string | undefined; source: string }

/** Sends every event to one receiver as CloudEvents JSON. The receiver orders them by `aggregateversion`. */
export const createSync = ({ url, source }: SyncDeps): External<'sync'> => ({
  kind: 'external',
  isIdle: () => url === undefined,
  async run(event) {
    if (url === undefined) return skipped
    const { status, retryAfterMs } = await post(url, event.id, JSON.stringify(toCloudEvent(event, source)))
    if (status === 410) return moveToDeadLetters('the receiver answered 410: it is gone for good')
    if (status < 200 || status > 299) throw new RetryLaterError(`the receiver answered ${status}`, retryAfterMs)
    return done
  },
})

type Answer = { status: number; retryAfterMs: number }

/** Does not follow redirects: only the operator may change the receiver's address. */
async function post(url: string, eventId: string, body: string): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': eventId,
      'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
      ...traceHeaders(),
    },
    body,
  }).catch((error) => {
    throw new Error(`the receiver cannot be reached: ${reasonOf(error)}`, { cause: error.cause })
  })
  // The body may be of any size, and nothing in it is used.
  await response.body?.cancel()
  return { status: response.status, retryAfterMs: parseRetryAfterMs(response.headers.get('retry-after'), Date.now()) }
}

/** The messages of `fetch` itself quote the whole URL with its credentials. Its cause names at most the host. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'fetch failed'
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1_000} s`
  return error.cause instanceof Error ? error.cause.message : error.name
}
