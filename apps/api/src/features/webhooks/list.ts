import { actorId } from '@goals-tasks/db'
import { defaultLimit, type Page } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { createList, newestFirst } from '../../resource/lists/keyset.ts'
import { paging } from '../../resource/lists/query.ts'
import { webhookText } from './read.ts'

export const WebhookListQuery = Type.Object(paging, { additionalProperties: false })

const webhooksOfUser = createList(
  'webhooks_of_user',
  (conditions) => sql`select ${webhookText} as text, created_at, id from webhooks
    where owner_id = ${actorId} ${conditions} ${newestFirst}`,
)

/** Lists the webhooks of the actor, newest first. */
export const listWebhooks = (
  { db }: Deps,
  actor: Actor,
  { limit = defaultLimit, cursor }: Static<typeof WebhookListQuery>,
): Promise<Page> => webhooksOfUser(db, { limit, cursor, filters: [], values: { actorId: actor.id } })
