import { sql } from 'drizzle-orm'
import { date, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** The reminders that were made: one per task, kind and day. Each has an event of its own. */
export const reminders = pgTable(
  'reminders',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    taskId: uuid('task_id').notNull(),
    kind: text('kind').notNull(),
    /** The day of the reminder in the zone of the task. */
    remindOn: date('remind_on', { mode: 'string' }).notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  // Refuses a second reminder, also to another replica.
  (t) => [uniqueIndex('reminders_once').on(t.taskId, t.kind, t.remindOn)],
)
