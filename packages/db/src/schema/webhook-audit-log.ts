import { sql } from 'drizzle-orm'
import { boolean, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/**
 * One row per change of a webhook by a user, written with it, and per pause or resume by an operator, whose identity it
 * does not hold. No foreign key: the row survives its webhook.
 */
export const webhookAuditLog = pgTable(
  'webhook_audit_log',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    webhookId: uuid('webhook_id').notNull(),
    ownerId: uuid('owner_id').notNull(),
    action: text('action', {
      enum: ['created', 'changed', 'secret-rotated', 'deleted', 'paused', 'resumed'],
    }).notNull(),
    /** The version after the change. A deletion has that of the deleted row. */
    version: integer('version').notNull(),
    actorId: uuid('actor_id').notNull(),
    asAdmin: boolean('as_admin').notNull().default(false),
    /** The API key that the actor used, if any. */
    via: uuid('via'),
    correlationId: text('correlation_id'),
    /** The names of the changed fields. No value: an address may contain a secret. */
    fields: text('fields').array().notNull().default([]),
    occurredAt: instant('occurred_at').notNull().defaultNow(),
  },
  (t) => [
    // The changes of a webhook, the newest first.
    index('webhook_audit_log_webhook').on(t.webhookId, t.id),
    // The erasure of a user.
    index('webhook_audit_log_owner').on(t.ownerId),
  ],
)
