import { auditWebhook, prepareStatement, webhookActorValues } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import type { EntityText } from '../../resource/optimistic-change.ts'
import type { Precondition } from '../../resource/precondition.ts'
import { changeVersioned } from '../../resource/versioned-change.ts'
import { isActors, loadWebhook, webhookText } from './read.ts'

const remove = prepareStatement<EntityText>(
  'webhook_delete',
  sql`with removed as (
        delete from webhooks where ${isActors} and version = ${sql.placeholder('version')}::int returning *
      ), ${auditWebhook('deleted', 'removed')}
      select ${webhookText} as text, version from removed`,
)

/** Deletes a webhook and its secrets. It gets no request that begins later. @throws Problem 404 or 412 */
export async function deleteWebhook(deps: Deps, actor: Actor, id: string, precondition: Precondition): Promise<void> {
  const load = () => loadWebhook(deps.db, actor, id)
  await changeVersioned(deps, { load, precondition, touches: 'everything', noun: 'webhook' }, async ({ version }) => {
    const [removed] = await remove(deps.db, { id, version, ...webhookActorValues(actor) })
    return removed
  })
}
