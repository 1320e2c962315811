import { actorId } from '@goals-tasks/db'
import { defaultLimit, type Page } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { createList, newestFirst } from '../../resource/lists/keyset.ts'
import { paging } from '../../resource/lists/query.ts'
import { apiKeyText } from './read.ts'

export const ApiKeyListQuery = Type.Object(paging, { additionalProperties: false })

const keysOfUser = createList(
  'api_keys_of_user',
  (conditions) => sql`select ${apiKeyText} as text, created_at, id from api_keys
    where user_id = ${actorId} ${conditions} ${newestFirst}`,
)

/** Lists the API keys of the actor, newest first, with the revoked and expired ones. */
export const listApiKeys = (
  { db }: Deps,
  actor: Actor,
  { limit = defaultLimit, cursor }: Static<typeof ApiKeyListQuery>,
): Promise<Page> => keysOfUser(db, { limit, cursor, filters: [], values: { actorId: actor.id } })
