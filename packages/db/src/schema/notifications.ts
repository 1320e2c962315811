import { sql } from 'drizzle-orm'
import { index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** One notification per event, recipient and channel. */
export const notifications = pgTable(
  'notifications',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    userId: uuid('user_id').notNull(),
    kind: text('kind').notNull(),
    channel: text('channel').notNull(),
    eventId: uuid('event_id').notNull(),
    subjectType: text('subject_type').notNull(),
    subjectId: uuid('subject_id').notNull(),
    title: text('title').notNull(),
    /** The change, as a sentence. Empty in rows from before this column existed. */
    text: text('text').notNull().default(''),
    actorId: uuid('actor_id').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    readAt: instant('read_at'),
    archivedAt: instant('archived_at'),
    /** When the mail server accepted it. Null for other channels, and before that. */
    sentAt: instant('sent_at'),
    /** Why a planned mail was not sent, or not yet. */
    skipReason: text('skip_reason'),
    /** The digest that the mail is part of. Null for a mail of its own. */
    digestId: uuid('digest_id'),
  },
  (t) => [
    // Refuses a second notification.
    uniqueIndex('notifications_once').on(t.userId, t.eventId, t.channel),
    // A page of the inbox, newest first.
    index('notifications_newest')
      .on(t.userId, t.createdAt, t.id)
      .where(sql`archived_at is null and channel = 'in-app'`),
    // A page of the archive.
    index('notifications_archived')
      .on(t.userId, t.createdAt, t.id)
      .where(sql`archived_at is not null and channel = 'in-app'`),
    // The unread ones in the inbox: their list, their count, and read-all.
    index('notifications_unread')
      .on(t.userId, t.createdAt, t.id)
      .where(sql`read_at is null and archived_at is null and channel = 'in-app'`),
    // The notifications of a digest, the oldest first.
    index('notifications_digest').on(t.digestId, t.id).where(sql`digest_id is not null`),
  ],
)
