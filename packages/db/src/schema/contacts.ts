import { pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** How a user is reached outside of the application. The service has no other data of its users. */
export const contacts = pgTable('contacts', {
  userId: uuid('user_id').primaryKey(),
  email: text('email').notNull(),
  /** An IANA time zone. Null means UTC. */
  zone: text('zone'),
  /** A BCP 47 language tag. */
  locale: text('locale'),
  /** When the address was confirmed. Null before: only the mail of the confirmation is sent there. */
  verifiedAt: instant('verified_at'),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
})
