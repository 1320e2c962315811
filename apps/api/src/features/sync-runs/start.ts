import { startSyncRun } from '@goals-tasks/db'
import { notFound, Problem } from '@goals-tasks/http'
import type { Deps } from '../../deps.ts'
import { type Actor, eventMetadata } from '../../resource/actor.ts'
import { acceptedResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { loadWebhook, type StoredWebhook } from '../webhooks/read.ts'
import { requireScopes } from '../webhooks/states.ts'
import { loadSyncRun } from './read.ts'
import type { NewSyncRun } from './schemas.ts'

/**
 * Starts a run that sends all goals and tasks of the owner of a webhook to it.
 * @throws Problem 404 for other users, 403 for what the token may not read, 409 when the webhook is disabled, gets no
 *   goals and tasks, or has a run
 */
export async function startRun(deps: Deps, actor: Actor, { webhookId }: NewSyncRun): Promise<StoredResponse> {
  const webhook = await loadWebhook(deps.db, actor, webhookId)
  const parts = partsOf(webhook)
  requireScopes(actor, [...(parts.withGoals ? ['goal:'] : []), ...(parts.withTasks ? ['task:'] : [])])
  if (!webhook.isEnabled) throw new Problem('webhook-disabled', 'The webhook is disabled. Enable it first.')
  const id = await startSyncRun(deps.db, { webhookId, ...parts }, eventMetadata(actor, ['sync:triggered']))
  if (id === undefined) {
    // The endpoint of the installation belongs to no user, so no goals and tasks belong to its run.
    if (webhook.ownerId === null) throw notFound('webhook')
    throw new Problem('sync-run-active', 'The webhook has a run that is not over yet. Wait for its end, or cancel it.')
  }
  const { text } = await loadSyncRun(deps.db, actor, id)
  const response = acceptedResponse(text)
  return { ...response, headers: { ...response.headers, location: `/v1/sync-runs/${id}` } }
}

/** A webhook that gets some type of goals gets goals, and so for tasks. */
function partsOf({ types }: StoredWebhook) {
  const gets = (entity: string) => types === null || types.some((type) => type.startsWith(`${entity}:`))
  const parts = { withGoals: gets('goal'), withTasks: gets('task') }
  if (parts.withGoals || parts.withTasks) return parts
  throw new Problem('nothing-to-sync', 'The types of the webhook include none of a goal or task.')
}
