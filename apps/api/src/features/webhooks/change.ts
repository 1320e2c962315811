import { auditWebhook, noteHealthChanges, prepareStatement, webhookActorValues } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import type { EntityText } from '../../resource/optimistic-change.ts'
import type { Precondition } from '../../resource/precondition.ts'
import { changeVersioned } from '../../resource/versioned-change.ts'
import { isActors, loadWebhook, type StoredWebhook, webhookText } from './read.ts'
import { normalizeWebhook } from './rules.ts'
import type { WebhookPatch } from './schemas.ts'
import { requireScopes } from './states.ts'

const isEnabled = sql`${sql.placeholder('isEnabled')}::boolean`
/** Another address, or a disabled webhook that is enabled: what it failed before says nothing. */
const beginsHealthy = sql`(${isEnabled} and (not is_enabled or url <> ${sql.placeholder('url')}))`

/** Owners know the health that they set. They are notified of the health that an administrator sets. */
const isOwners = sql`owner_id = ${sql.placeholder('actorId')}::uuid`

const update = prepareStatement<EntityText>(
  'webhook_change',
  sql`with changed as (
        update webhooks set
          url = ${sql.placeholder('url')}, description = coalesce(${sql.placeholder('description')}::text, description),
          types = ${sql.placeholder('types')}::text[], filter = ${sql.placeholder('filter')}::text,
          is_enabled = ${isEnabled},
          health = case when not ${isEnabled} then 'disabled' when ${beginsHealthy} then 'healthy' else health end,
          disabled_cause = case when not ${isEnabled} then coalesce(disabled_cause, 'owner') end,
          disabled_at = case when not ${isEnabled} then coalesce(disabled_at, now()) end,
          failing_since = case when not ${beginsHealthy} then failing_since end,
          consecutive_failures = case when ${beginsHealthy} then 0 else consecutive_failures end,
          suspended_until = case when ${isEnabled} and not ${beginsHealthy} then suspended_until end,
          version = version + 1, updated_at = now()
        where ${isActors} and version = ${sql.placeholder('version')}::int
        returning webhooks.*, old.health as health_before
      ), known as (
        delete from webhook_health_changes
        where webhook_id = (select id from changed where ${isOwners} and health <> health_before)
      ), ${noteHealthChanges(
        sql`select id, health_before, null from changed where not ${isOwners} and health <> health_before`,
      )}, ${auditWebhook('changed', 'changed', sql`${sql.placeholder('fields')}::text[]`)}
      select ${webhookText} as text, version from changed`,
)

type Input = { body: WebhookPatch; precondition: Precondition }

/** Changes fields of a webhook. A patch without fields changes nothing. @throws Problem 403, 404, 412, 422 or 428 */
export async function patchWebhook(deps: Deps, actor: Actor, id: string, input: Input): Promise<EntityText> {
  const { version: _, enabled, ...fields } = input.body
  const touches = Object.keys(input.body).filter((field) => field !== 'version')
  const load = () => loadWebhook(deps.db, actor, id)
  // A webhook that the actor may not see must not be probed by its URL, which takes time.
  await load()
  const patch = await normalizeWebhook(deps, fields)
  const change = { load, precondition: input.precondition, touches, noun: 'webhook' }
  return changeVersioned(deps, change, async (webhook) => {
    if (touches.length === 0) return webhook
    const merged = merge(webhook, { ...patch, ...(enabled !== undefined && { enabled }) })
    requireScopes(actor, merged.types)
    const values = { ...merged, id, version: webhook.version, fields: touches }
    const [written] = await update(deps.db, { ...values, ...webhookActorValues(actor) })
    return written
  })
}

const merge = (stored: StoredWebhook, patch: WebhookPatch) => ({
  url: patch.url ?? stored.url,
  description: patch.description ?? null,
  types: patch.types === undefined ? stored.types : patch.types,
  filter: patch.filter === undefined ? stored.filter : patch.filter,
  isEnabled: patch.enabled ?? stored.isEnabled,
})
