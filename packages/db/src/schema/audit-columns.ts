import { sql } from 'drizzle-orm'
import { boolean, integer, jsonb, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** One row per version of an entity. No foreign key: the audit log survives the purge of its entity. */
export const auditColumns = () => ({
  version: integer('version').notNull(),
  eventId: uuid('event_id').notNull(),
  type: text('type').notNull(),
  actorId: uuid('actor_id').notNull(),
  asAdmin: boolean('as_admin').notNull().default(false),
  /** The API key that the actor used, if any. */
  via: uuid('via'),
  reason: text('reason'),
  correlationId: text('correlation_id'),
  cascadeId: uuid('cascade_id'),
  before: jsonb('before'),
  after: jsonb('after').notNull(),
  occurredAt: instant('occurred_at').notNull(),
  /** When the row was written. The difference to `occurred_at` is the delay of the consumer. */
  recordedAt: instant('recorded_at').notNull().default(sql`clock_timestamp()`),
})
