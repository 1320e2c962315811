import { toCloudEvent } from '@goals-tasks/events'
import { traceHeaders } from '@goals-tasks/tracing'
import { createSender, signMessage } from '@goals-tasks/webhooks'
import type { External } from './contract.ts'
import { done, moveToDeadLetters, RetryLaterError, skipped } from './results.ts'

/** The receiver's address, and the `source` of the CloudEvents. Without an address nothing is sent. */
export type SyncDeps = { url: string | undefined; source: string }

/** Sends every event to one receiver as CloudEvents JSON. The receiver orders them by `aggregateversion`. */
export function createSync({ url, source }: SyncDeps): External<'sync'> {
  // The operator chose the address, so it may be a private one.
  const { post } = createSender({ isAllowed: () => true })
  return {
    kind: 'external',
    isIdle: () => url === undefined,
    async run(event) {
      if (url === undefined) return skipped
      const body = JSON.stringify(toCloudEvent(event, source))
      const headers = {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        ...signMessage({ id: event.id, sentAt: new Date(), body, secrets: [] }),
        ...traceHeaders(),
      }
      const { status, error, retryAfterMs } = await post({ url, headers, body })
      if (status === null) throw new Error(`the receiver cannot be reached: ${error}`)
      if (status === 410) return moveToDeadLetters('the receiver answered 410: it is gone for good')
      if (status < 200 || status > 299) throw new RetryLaterError(`the receiver answered ${status}`, retryAfterMs)
      return done
    },
  }
}
