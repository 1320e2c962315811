import { type Executor, pausedName, prepareStatement } from '@goals-tasks/db'
import { webhookConsumer } from '@goals-tasks/events'
import { notFound } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { type Actor, actorValues } from '../../resource/actor.ts'

/** The JSON of a row of `webhooks`. */
export const webhookText = sql`json_build_object(
  'id', id, 'url', url, 'description', description, 'types', types, 'filter', filter, 'enabled', is_enabled,
  'health', health, 'disabledCause', disabled_cause, 'disabledAt', rfc3339(disabled_at),
  'failingSince', rfc3339(failing_since), 'suspendedUntil', rfc3339(suspended_until),
  'pausedAt', (
    select rfc3339(min(since)) from consumer_pauses
    where consumer in (${sql.raw(`'${webhookConsumer}'`)}, ${pausedName(sql`id::text`)}) and is_paused),
  'previousSecretUntil', case when previous_secret_until > now() then rfc3339(previous_secret_until) end,
  'createdAt', rfc3339(created_at), 'updatedAt', rfc3339(updated_at), 'version', version)::text`

/** A webhook belongs to the user who created it. An administrator may see and change it too. */
export const isActors = sql`id = ${sql.placeholder('id')}::uuid
  and (owner_id = ${sql.placeholder('actorId')}::uuid or ${sql.placeholder('asAdmin')}::boolean)`

export type StoredWebhook = {
  id: string
  /** Null for the endpoint of the installation. */
  ownerId: string | null
  text: string
  version: number
  url: string
  types: string[] | null
  filter: string | null
  isEnabled: boolean
}

const byId = prepareStatement<StoredWebhook>(
  'webhook_read',
  sql`select id, owner_id as "ownerId", ${webhookText} as text, version, url, types, filter, is_enabled as "isEnabled"
      from webhooks where ${isActors}`,
)

/** Loads a webhook without its secret. @throws Problem 404 for other users */
export async function loadWebhook(db: Executor, actor: Actor, id: string): Promise<StoredWebhook> {
  const [webhook] = await byId(db, { id, ...actorValues(actor) })
  if (!webhook) throw notFound('webhook')
  return webhook
}
