import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** One request to an endpoint. Kept for 30 days. No foreign key: a request may end after its endpoint was deleted. */
export const webhookAttempts = pgTable(
  'webhook_attempts',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    webhookId: uuid('webhook_id').notNull(),
    eventId: uuid('event_id').notNull(),
    eventType: text('event_type').notNull(),
    attemptedAt: instant('attempted_at').notNull(),
    /** The HTTP status. Null without a response. */
    status: smallint('status'),
    durationMs: integer('duration_ms').notNull(),
    /** Why the request failed, for the owner. Null after a success. */
    error: text('error'),
    /** The first 1,024 bytes of the body of the response, as text. */
    response: text('response'),
    /** A 2xx, anything else, or a 410, which disables the endpoint. */
    outcome: text('outcome', { enum: ['delivered', 'failed', 'gone'] }).notNull(),
    isReplay: boolean('is_replay').notNull().default(false),
  },
  (t) => [
    // GET …/messages, GET …/messages/{eventId}/attempts, and the latest attempt of a message.
    index('webhook_attempts_event').on(t.webhookId, t.eventId, t.id),
    check('webhook_attempts_outcome', sql`${t.outcome} in ('delivered', 'failed', 'gone')`),
  ],
)
