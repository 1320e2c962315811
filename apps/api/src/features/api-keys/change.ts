import { prepareStatement } from '@goals-tasks/db'
import { normalizeText } from '@goals-tasks/events'
import { invalidBody, unavailable } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import { type Actor, actorValues } from '../../resource/actor.ts'
import type { EntityText } from '../../resource/optimistic-change.ts'
import { checkPrecondition, type Precondition } from '../../resource/precondition.ts'
import { nameErrors } from '../../resource/text.ts'
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
  return changeApiKey({ deps, actor, id, precondition, touches: ['name'] }, async (key) =>
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
  await changeApiKey({ deps, actor, id, precondition, touches: 'everything' }, async (key) =>
    key.isRevoked ? key : (await revoke(deps.db, valuesOf(actor, key)))[0],
  )
  deps.apiKeys.refuse(id.toLowerCase())
}

const valuesOf = (actor: Actor, { id, version }: StoredApiKey) => ({ id, version, ...actorValues(actor) })

type Change = {
  deps: Deps
  actor: Actor
  id: string
  precondition: Precondition
  touches: readonly string[] | 'everything'
}

const maxTries = 5

/** Repeats a change while other changes of the key overtake it. */
async function changeApiKey(
  { deps, actor, id, precondition, touches }: Change,
  write: (key: StoredApiKey) => Promise<EntityText | undefined>,
): Promise<EntityText> {
  for (let tries = 0; tries < maxTries; tries++) {
    const key = await loadApiKey(deps.db, actor, id)
    await checkPrecondition(deps, precondition, key, touches)
    const written = await write(key)
    if (written) return written
  }
  throw unavailable('Other changes of this API key keep overtaking this one. Try again.')
}
