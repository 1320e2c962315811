import { auditWebhook, prepareStatement, webhookActorValues } from '@goals-tasks/db'
import { createWebhookSecret } from '@goals-tasks/webhooks'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import type { EntityText } from '../../resource/optimistic-change.ts'
import type { Precondition } from '../../resource/precondition.ts'
import { changeVersioned } from '../../resource/versioned-change.ts'
import { requireSealer } from './create.ts'
import { isActors, loadWebhook, webhookText } from './read.ts'

const rotate = prepareStatement<EntityText>(
  'webhook_rotate_secret',
  sql`with rotated as (
        update webhooks set secret = ${sql.placeholder('secret')}::bytea, previous_secret = secret,
          previous_secret_until = now() + interval '24 hours', version = version + 1, updated_at = now()
        where ${isActors} and version = ${sql.placeholder('version')}::int returning *
      ), ${auditWebhook('secret-rotated', 'rotated')}
      select ${webhookText} as text, version from rotated`,
)

/**
 * Gives a webhook a new secret. For 24 hours, requests carry the signatures of both. A second rotation within that time
 * ends the oldest secret at once.
 * @throws Problem 404, 412, or 501 without a key
 */
export async function rotateSecret(
  deps: Deps,
  actor: Actor,
  id: string,
  precondition: Precondition,
): Promise<EntityText & { secret: string }> {
  const sealer = requireSealer(deps)
  const load = () => loadWebhook(deps.db, actor, id)
  return changeVersioned(deps, { load, precondition, touches: 'everything', noun: 'webhook' }, async (webhook) => {
    const secret = createWebhookSecret()
    const sealed = sealer.seal(Buffer.from(secret), webhook.id)
    const [written] = await rotate(deps.db, {
      ...{ id, version: webhook.version, secret: sealed },
      ...webhookActorValues(actor),
    })
    return written && { ...written, secret }
  })
}
