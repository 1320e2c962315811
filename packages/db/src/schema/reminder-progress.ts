import { sql } from 'drizzle-orm'
import { check, pgTable, smallint } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** The one row that says how far the reminders are made. */
export const reminderProgress = pgTable(
  'reminder_progress',
  {
    id: smallint('id').primaryKey().default(1),
    /** All reminders that became due before this instant are made. */
    madeUntil: instant('made_until').notNull().defaultNow(),
  },
  (t) => [check('reminder_progress_one_row', sql`${t.id} = 1`)],
)
