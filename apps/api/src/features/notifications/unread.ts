import { prepareStatement } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { type Representation, view } from '../../resource/http/reply.ts'
import { inInbox, ownNotifications } from './representation.ts'

/** Counting further would read more rows and help no reader. */
const mostCounted = 99

const countUnread = prepareStatement<{ found: number }>(
  'notifications_unread',
  sql`select count(*)::int as found from (
        select from notifications where ${ownNotifications} and ${inInbox} and read_at is null
        limit ${sql.placeholder('limit')}::int) unread`,
)

/** Counts the unread notifications in the inbox of the actor, exactly up to 99. */
export async function readUnreadCount({ db }: Deps, actor: Actor): Promise<Representation> {
  const [row] = await countUnread(db, { actorId: actor.id, limit: mostCounted + 1 })
  const found = row?.found ?? 0
  const hasMore = found > mostCounted
  return view(
    JSON.stringify({
      count: Math.min(found, mostCounted),
      hasMore,
      text: hasMore ? `${mostCounted}+` : String(found),
    }),
  )
}
