import { type Executor, executeOnce } from '@goals-tasks/db'
import { isSubscribed } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type { Effect, TracedNotification } from './effect.ts'
import type { TracedEvent } from './events.ts'
import { type MailFacts, mailFacts, mailOf } from './mails.ts'

/** The effect of `notifications`. An event may be done without a notification: users get none about their own acts. */
export const loadNotifications: Effect = async (db, events) => {
  const all = await loadRows(db, events)
  return ({ id }) => {
    const notifications = all.filter(({ eventId }) => eventId === id)
    return { state: 'done', at: notifications[0]?.createdAt ?? null, notifications }
  }
}

/**
 * Loads the notifications of the events, the oldest first. No index leads from an event to its notifications.
 * A notification is younger than its event and its id contains its time, so a scan of the newest ones is enough.
 */
async function loadRows(db: Executor, events: readonly TracedEvent[]): Promise<TracedNotification[]> {
  const ids = events.flatMap((event) => (isSubscribed('notifications', event.type) ? [event.id] : [])).sort()
  const [oldest] = ids
  if (oldest === undefined) return []
  const rows = await executeOnce<Omit<TracedNotification, 'mail'> & MailFacts>(
    db,
    sql`select n.id, n.event_id as "eventId", n.user_id as "userId", n.kind, n.channel,
               rfc3339(n.created_at) as "createdAt", rfc3339(n.read_at) as "readAt", ${mailFacts.columns}
        from notifications n ${mailFacts.joins}
        where n.event_id = any(${sql.param(ids)}::uuid[])
          and n.id >= uuidv7_floor(uuid_extract_timestamp(${oldest}::uuid) - interval '1 hour')
        order by n.id`,
  )
  return rows.map((row) => {
    const { id, eventId, userId, kind, channel, createdAt, readAt } = row
    const isMailed = rows.some((each) => each.channel === 'email' && each.userId === userId && each.eventId === eventId)
    const mail = channel === 'in-app' && isMailed ? null : mailOf(row)
    return { id, eventId, userId, kind, channel, createdAt, readAt, mail }
  })
}
