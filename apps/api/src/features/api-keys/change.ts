import { prepareStatement } from '@goals-tasks/db'
import { normalizeText } from '@goals-tasks/events'
import { invalidBody } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import { type Actor, actorValues } from '../../resource/actor.ts'
import type { EntityText } from '../../resource/optimistic-change.ts'
import type { Precondition } from '../../resource/precondition.ts'
import { nameErrors } from '../../resource/text.ts'
import { changeVersioned } from '../../resource/versioned-change.ts'
import { apiKeyText, isActors, loadApiKey, type StoredApiKey } from './read.ts'
import { type ApiKeyPatch, maxNameLength } from './schemas.ts'

const update = prepareStatement<EntityText>(
  'api_key_rename',
  sql`update api_keys set name = ${sql.placeholder('name')}, version = version + 1
      where ${isActors} and version = ${sql.placeholder('version')}::int
      returning ${apiKeyText} as text, version`,
)

/** Renames an API key. @throws Problem 404, 412 or 428 */
export async function renameApiKey(
  deps: Deps,
  actor: Actor,
  id: string,
  { body, precondition }: { body: ApiKeyPatch; precondition: Precondition },
): Promise<EntityText> {
  const name = body.name === undefined ? undefined : normalizeText(body.name)
  const errors = nameErrors('/name', name, maxNameLength)
  if (errors.length > 0) throw invalidBody(errors)
  return changeVersioned(deps, { ...loading(deps, actor, id), precondition, touches: ['name'] }, async (key) =>
    name === undefined ? key : (await update(deps.db, { ...valuesOf(actor, key), name }))[0],
  )
}

const revoke = prepareStatement<EntityText>(
  'api_key_revoke',
  sql`update api_keys set revoked_at = now(), version = version + 1
      where ${isActors} and version = ${sql.placeholder('version')}::int
      returning ${apiKeyText} as text, version`,
)

/** Revokes an API key for good. Revoking again changes nothing. @throws Problem 404 or 412 */
export async function revokeApiKey(deps: Deps, actor: Actor, id: string, precondition: Precondition): Promise<void> {
  await changeVersioned(deps, { ...loading(deps, actor, id), precondition, touches: 'everything' }, async (key) =>
    key.isRevoked ? key : (await revoke(deps.db, valuesOf(actor, key)))[0],
  )
  deps.apiKeys.refuse(id.toLowerCase())
}

const valuesOf = (actor: Actor, { id, version }: StoredApiKey) => ({ id, version, ...actorValues(actor) })

const loading = ({ db }: Deps, actor: Actor, id: string) => ({
  load: () => loadApiKey(db, actor, id),
  noun: 'API key',
})
