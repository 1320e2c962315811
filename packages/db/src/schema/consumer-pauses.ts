import { sql } from 'drizzle-orm'
import { boolean, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** The last pause or resume of each consumer. Workers follow it within seconds. */
export const consumerPauses = pgTable('consumer_pauses', {
  consumer: text('consumer').primaryKey(),
  isPaused: boolean('is_paused').notNull(),
  /** The user, or the name that the command line sent. */
  actor: text('actor').notNull(),
  reason: text('reason').notNull(),
  since: instant('since').notNull().default(sql`now()`),
})
