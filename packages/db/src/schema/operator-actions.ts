import { sql } from 'drizzle-orm'
import { jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** An action of an operator, written with its effect. Rows stay. The primary key leads to the newest ones. */
export const operatorActions = pgTable('operator_actions', {
  id: uuid('id').primaryKey().default(sql`uuidv7()`),
  action: text('action').notNull(),
  /** The user, or the name that the command line sent. */
  actor: text('actor').notNull(),
  /** Null when the operator gave none. */
  reason: text('reason'),
  /** The consumer, or the id of the webhook, or of the user whose data it was. */
  subject: text('subject').notNull(),
  /** Ids and counts. No text of a user. */
  details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
  occurredAt: instant('occurred_at').notNull().default(sql`now()`),
})
