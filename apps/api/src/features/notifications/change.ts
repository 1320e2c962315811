import { prepareStatement } from '@goals-tasks/db'
import { notFound } from '@goals-tasks/http'
import { type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { jsonResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { inInbox, listedNotification, ownNotifications } from './representation.ts'
import type { ReadAll } from './schemas.ts'

export const notificationVerbs = ['read', 'unread', 'archive', 'unarchive'] as const
type NotificationVerb = (typeof notificationVerbs)[number]

/** A repetition keeps the first time. An archived notification counts as read. */
const assignments: Record<NotificationVerb, SQL> = {
  read: sql`read_at = coalesce(read_at, now())`,
  unread: sql`read_at = null`,
  archive: sql`archived_at = coalesce(archived_at, now()), read_at = coalesce(read_at, now())`,
  unarchive: sql`archived_at = null`,
}

const prepareVerb = (verb: NotificationVerb) =>
  prepareStatement<{ text: string }>(
    `notification_${verb}`,
    sql`update notifications set ${assignments[verb]}
        where id = ${sql.placeholder('id')}::uuid and ${ownNotifications} returning ${listedNotification} as text`,
  )
const statements = {
  read: prepareVerb('read'),
  unread: prepareVerb('unread'),
  archive: prepareVerb('archive'),
  unarchive: prepareVerb('unarchive'),
}

/** Marks a notification of the actor. @throws Problem 404 for other users */
export async function markNotification(
  { db }: Deps,
  actor: Actor,
  id: string,
  verb: NotificationVerb,
): Promise<StoredResponse> {
  const [row] = await statements[verb](db, { id, actorId: actor.id })
  if (!row) throw notFound('notification')
  return jsonResponse(row.text)
}

/** The rows that one request marks. It bounds the time of its statement. */
const mostMarked = 1_000

const findOwn = prepareStatement<object>(
  'notification_own',
  sql`select from notifications where id = ${sql.placeholder('id')}::uuid and ${ownNotifications}`,
)

/** @throws Problem 404 when the notification does not exist or belongs to another user */
export async function requireOwnNotification({ db }: Deps, actor: Actor, id: string): Promise<void> {
  if ((await findOwn(db, { id, actorId: actor.id })).length === 0) throw notFound('notification')
}

/** A row that another request is changing is left out, so two requests never wait for each other. */
const markAll = prepareStatement<{ count: number }>(
  'notifications_read_all',
  sql`with marked as (
        update notifications set read_at = now() where id = any(array(
          select id from notifications
          where ${ownNotifications} and ${inInbox} and read_at is null
            and (${sql.placeholder('upTo')}::uuid is null or (created_at, id) <= (
              select last.created_at, last.id from notifications last where last.id = ${sql.placeholder('upTo')}::uuid))
          order by created_at desc, id desc limit ${sql.placeholder('limit')}::int
          for no key update skip locked))
        returning 1)
      select count(*)::int as count from marked`,
)

/**
 * Marks the notification `upTo` of the actor and all older ones in the inbox as read, or all without `upTo`.
 * @throws Problem 404 when `upTo` is not a notification of the actor
 */
export async function markAllRead(deps: Deps, actor: Actor, { upTo }: ReadAll): Promise<StoredResponse> {
  const { db } = deps
  if (upTo !== undefined) await requireOwnNotification(deps, actor, upTo)
  const [row] = await markAll(db, { actorId: actor.id, upTo: upTo ?? null, limit: mostMarked })
  const count = row?.count ?? 0
  return jsonResponse(JSON.stringify({ count, hasMore: count === mostMarked }))
}
