import { sql } from 'drizzle-orm'
import { index, pgTable, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** The mails that a user gets together: one row per window. Its notifications name it. */
export const mailDigests = pgTable(
  'mail_digests',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    userId: uuid('user_id').notNull(),
    /** The end of the window. */
    sendsAt: instant('sends_at').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** When its event was emitted. A closed digest takes no further notification. */
    closedAt: instant('closed_at'),
    /** When the mail server accepted it. */
    sentAt: instant('sent_at'),
  },
  (t) => [
    // Refuses a second digest of a window.
    uniqueIndex('mail_digests_once').on(t.userId, t.sendsAt),
    // The look for digests that are due.
    index('mail_digests_open').on(t.sendsAt, t.id).where(sql`closed_at is null`),
  ],
)
