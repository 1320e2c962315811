import { emitWebhookTest } from '@goals-tasks/db'
import { notFound } from '@goals-tasks/http'
import type { Deps } from '../../deps.ts'
import { type Actor, eventMetadata } from '../../resource/actor.ts'
import { acceptedResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { loadEnabledWebhook } from './read.ts'

/** Sends a test event to a webhook, at once. @throws Problem 404 for other users, 409 when the webhook is disabled */
export async function sendTest(deps: Deps, actor: Actor, id: string): Promise<StoredResponse> {
  const webhook = await loadEnabledWebhook(deps.db, actor, id)
  const event = await emitWebhookTest(deps.db, webhook.id, eventMetadata(actor, ['webhook:test']))
  if (!event) throw notFound('webhook')
  return acceptedResponse(JSON.stringify(event))
}
