import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, integer, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core'
import { instant, jsonText, xid8 } from './columns.ts'

/**
 * Every event, written with its change. Only a replay updates one, when it gives a milestone its bodies again, and the
 * erasure of a user.
 * Range-partitioned by week over `id`. A UUIDv7 contains a time, so `id` alone can be the key, and a look-up by id
 * touches one partition.
 */
export const events = pgTable(
  'events',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    position: bigint('position', { mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    /** The writing transaction: a reader that stays below the oldest open one skips no late commit. */
    xid: xid8('xid').notNull().default(sql`pg_current_xact_id()`),
    type: text('type').notNull(),
    aggregateType: text('aggregate_type').notNull(),
    aggregateId: uuid('aggregate_id').notNull(),
    aggregateVersion: integer('aggregate_version').notNull(),
    /** 0 for the primary event of the version; its milestones follow. */
    ordinal: smallint('ordinal').notNull(),
    actorId: uuid('actor_id').notNull(),
    /** The actor's token had the scope `admin`. */
    asAdmin: boolean('as_admin').notNull().default(false),
    /** The API key that the actor used, if any. */
    via: uuid('via'),
    reason: text('reason'),
    correlationId: text('correlation_id'),
    causationId: uuid('causation_id'),
    cascadeId: uuid('cascade_id'),
    /** The members of the state before that differ from `after`, or all of them. Null without a state before. */
    before: jsonText('before'),
    /** Null when the milestone has the bodies of the primary event of its version. */
    after: jsonText('after'),
    traceparent: text('traceparent'),
    /** The assignees of a completed goal's live tasks, as of the event. Null in other events. */
    assignees: uuid('assignees').array(),
    occurredAt: instant('occurred_at').notNull().defaultNow(),
  },
  // The history of an entity before its audit rows are written, and the fields that changed since a version.
  (t) => [
    index('events_aggregate').on(t.aggregateId, t.aggregateVersion),
    check('events_primary_has_body', sql`ordinal > 0 or after is not null`),
  ],
)
