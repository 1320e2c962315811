import { toCloudEvent } from '@goals-tasks/events'
import { UnrecoverableError } from 'bullmq'
import type { External } from './types.ts'

const timeoutMs = 10_000

/** Tells one receiver outside about every event, as CloudEvents JSON. Unordered: it goes by `aggregateversion`. */
export const sync: External<'sync'> = {
  kind: 'external',
  idle: ({ sync }) => sync.url === undefined,
  async run({ sync }, event) {
    if (sync.url === undefined) return 'skipped'
    const status = await post(sync.url, event.id, JSON.stringify(toCloudEvent(event, sync.source)))
    if (status === 410) throw new UnrecoverableError('the receiver answered 410: it is gone for good')
    if (status < 200 || status > 299) throw new Error(`the receiver answered ${status}`)
    return 'done'
  },
}

/** A redirect is an answer like any other: the receiver's address is the operator's to change. */
async function post(url: string, eventId: string, body: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': eventId,
      'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
    },
    body,
  }).catch((error) => {
    throw new Error(`the receiver cannot be reached: ${reason(error)}`, { cause: error.cause })
  })
  // Whatever it says is not ours to read, however much it is.
  await response.body?.cancel()
  return response.status
}

/** `fetch` quotes the whole URL in messages of its own; those of the network, beneath, name at most the host. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'fetch failed'
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1_000} s`
  return error.cause instanceof Error ? error.cause.message : error.name
}
