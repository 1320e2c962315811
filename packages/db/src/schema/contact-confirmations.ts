import { sql } from 'drizzle-orm'
import { index, pgTable, uuid } from 'drizzle-orm/pg-core'
import { bytes, instant } from './columns.ts'

/**
 * A mail that asks a user to confirm an address. It outlives the contact, so that removing and entering an address
 * again sends no further mail.
 */
export const contactConfirmations = pgTable(
  'contact_confirmations',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    userId: uuid('user_id').notNull(),
    /** The SHA-256 of the address in lower case. */
    addressHash: bytes('address_hash').notNull(),
    requestedAt: instant('requested_at').notNull().defaultNow(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
  },
  (t) => [
    // The limit of mails that one user causes.
    index('contact_confirmations_user').on(t.userId, t.requestedAt),
    // The limit of mails to one address.
    index('contact_confirmations_address').on(t.addressHash, t.requestedAt),
    // The maintenance: the oldest ones.
    index('contact_confirmations_oldest').on(t.requestedAt),
  ],
)
