import { type SQL, sql } from 'drizzle-orm'

/** The SHA-256 of a mail address, by which mails to it are counted after the contact is gone. */
export const addressHash = (email: SQL): SQL => sql`sha256(convert_to(lower(${email}), 'UTF8'))`
