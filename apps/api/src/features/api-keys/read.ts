import { type Executor, prepareStatement } from '@goals-tasks/db'
import { notFound } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { type Actor, actorValues } from '../../resource/actor.ts'

/** The JSON of a row of `api_keys`. */
export const apiKeyText = sql`json_build_object(
  'id', id, 'name', name, 'scopes', scopes, 'createdAt', rfc3339(created_at), 'expiresAt', rfc3339(expires_at),
  'lastUsedAt', rfc3339(last_used_at), 'revokedAt', rfc3339(revoked_at), 'version', version)::text`

/** A key belongs to the user who created it. An administrator may read, rename and revoke it. */
export const isActors = sql`id = ${sql.placeholder('id')}::uuid
  and (user_id = ${sql.placeholder('actorId')}::uuid or ${sql.placeholder('asAdmin')}::boolean)`

export type StoredApiKey = { id: string; text: string; version: number; isRevoked: boolean }

const byId = prepareStatement<StoredApiKey>(
  'api_key_read',
  sql`select id, ${apiKeyText} as text, version, revoked_at is not null as "isRevoked" from api_keys where ${isActors}`,
)

/** Loads an API key, revoked or not. @throws Problem 404 for other users */
export async function loadApiKey(db: Executor, actor: Actor, id: string): Promise<StoredApiKey> {
  const [key] = await byId(db, { id, ...actorValues(actor) })
  if (!key) throw notFound('API key')
  return key
}
