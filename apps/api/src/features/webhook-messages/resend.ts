import { hastenWebhookMessage, queueWebhookMessage, replayDeadLetters, type WebhookMessageKey } from '@goals-tasks/db'
import { notFound } from '@goals-tasks/http'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { acceptedResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { findDeadLetterId, loadEnabledWebhook } from './read.ts'

/**
 * Sends an event to a webhook again, at once. A dead letter becomes a delivery again.
 * @throws Problem 404 when the owner never saw the event or it is no longer kept, 409 when the webhook is disabled
 */
export async function resendMessage(deps: Deps, actor: Actor, message: WebhookMessageKey): Promise<StoredResponse> {
  const type = await deps.transaction({ actorId: actor.id }, async ({ db }) => {
    const { id: webhookId } = await loadEnabledWebhook(db, actor, message.webhookId)
    const { eventId } = message
    const deadLetterId = await findDeadLetterId(db, webhookId, eventId)
    const [replayed] = deadLetterId ? await replayDeadLetters(db, { ids: [deadLetterId] }, 1) : []
    if (replayed) await hastenWebhookMessage(db, { webhookId, eventId })
    return replayed ? replayed.type : await queueWebhookMessage(db, { webhookId, eventId })
  })
  if (type === undefined) throw notFound('message')
  return acceptedResponse(JSON.stringify({ id: message.eventId.toLowerCase(), type }))
}
