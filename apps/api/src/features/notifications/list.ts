import { defaultLimit, type Page } from '@goals-tasks/http'
import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { createList, newestFirst } from '../../resource/lists/keyset.ts'
import { anyOf, when } from '../../resource/lists/query.ts'
import { inInbox, listedNotification, ownNotifications } from './representation.ts'
import type { InboxQuery } from './schemas.ts'

const listOfPlace = (name: string, place: SQL) =>
  createList(
    name,
    (conditions) =>
      sql`select ${listedNotification} as text, created_at, id from notifications
          where ${ownNotifications} and ${place} ${conditions} ${newestFirst}`,
  )
const inbox = listOfPlace('notifications_inbox', inInbox)
const archive = listOfPlace('notifications_archive', sql`archived_at is not null`)

/** Lists the notifications of the actor, newest first: the inbox, or the archive. */
export const listNotifications = ({ db }: Deps, actor: Actor, query: InboxQuery): Promise<Page> =>
  (query.archived ? archive : inbox)(db, {
    limit: query.limit ?? defaultLimit,
    cursor: query.cursor,
    filters: [
      ...anyOf('kind', query.kind, sql`kind`, 'text'),
      ...when('unread', query.unread ? 'true' : undefined, sql`read_at is null`),
    ],
    values: { actorId: actor.id },
  })
