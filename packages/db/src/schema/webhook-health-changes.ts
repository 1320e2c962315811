import { webhookHealths } from '@goals-tasks/events'
import { pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { webhooks } from './webhooks.ts'

/** A change of the health of a user's webhook that is not reported to its owner yet. The report deletes the row. */
export const webhookHealthChanges = pgTable('webhook_health_changes', {
  webhookId: uuid('webhook_id')
    .primaryKey()
    .references(() => webhooks.id, { onDelete: 'cascade' }),
  /** The health that the owner knows. */
  before: text('before', { enum: webhookHealths }).notNull(),
  /** When the webhook got its present health. */
  changedAt: instant('changed_at').notNull().defaultNow(),
  /** Why the last request failed. Null when it succeeded, and when a user changed the webhook. */
  error: text('error'),
})
