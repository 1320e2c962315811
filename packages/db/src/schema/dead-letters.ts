import { sql } from 'drizzle-orm'
import { index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** A delivery that its consumer no longer retries. It has the whole event, so it outlives the event's partition. */
export const deadLetters = pgTable(
  'dead_letters',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    consumer: text('consumer').notNull(),
    eventId: uuid('event_id').notNull(),
    target: text('target').notNull().default(''),
    event: jsonb('event').notNull(),
    attempts: integer('attempts').notNull(),
    replays: integer('replays').notNull(),
    error: text('error').notNull(),
    diedAt: instant('died_at').notNull().defaultNow(),
  },
  (t) => [
    // Moving the same delivery here a second time is a no-op.
    uniqueIndex('dead_letters_delivery').on(t.consumer, t.eventId, t.target),
    // GET /ops/dead-letters?consumer=, newest first.
    index('dead_letters_newest').on(t.consumer, t.id.desc().nullsFirst()),
    // The messages of a webhook that are no longer retried.
    index('dead_letters_of_target').on(t.target, t.eventId).where(sql`target <> ''`),
  ],
)
