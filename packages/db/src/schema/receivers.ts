import { sql } from 'drizzle-orm'
import { boolean, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** Whether a consumer whose events leave the installation has a receiver. The statement of a change reads it. */
export const receivers = pgTable('receivers', {
  consumer: text('consumer').primaryKey(),
  isPresent: boolean('is_present').notNull(),
  /** When `is_present` last changed. */
  since: instant('since').notNull().default(sql`now()`),
  /** Until when a worker tries no receiver that did not answer, and why. Null or past: it is tried. */
  blockedUntil: instant('blocked_until'),
  blockReason: text('block_reason'),
})
