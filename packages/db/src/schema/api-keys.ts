import { sql } from 'drizzle-orm'
import { index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { bytes, instant } from './columns.ts'

/** A key by which a program acts as one user. The secret itself is not stored. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id').notNull(),
    name: text('name').notNull(),
    scopes: text('scopes').array().notNull(),
    /** The SHA-256 of the 32 random bytes of the secret. */
    secretHash: bytes('secret_hash').notNull(),
    createdAt: instant('created_at').notNull().default(sql`now()`),
    expiresAt: instant('expires_at'),
    /** The last use, at most a minute late. It is not part of the version. */
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
    version: integer('version').notNull().default(1),
  },
  (t) => [
    // GET /v1/api-keys: the keys of a user, newest first.
    index('api_keys_user_newest').on(t.userId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
)
