import { sql } from 'drizzle-orm'
import { boolean, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** One consumer's unfinished work on one event. It is inserted with the event and deleted with the effect. */
export const deliveries = pgTable(
  'deliveries',
  {
    consumer: text('consumer').notNull(),
    eventId: uuid('event_id').notNull(),
    /** The place of the effect when a consumer has several: the id of a webhook. Else empty, also for SYNC_URL. */
    target: text('target').notNull().default(''),
    /** When the sweeper may enqueue it again: the last enqueueing plus a lease, or the next retry plus a lease. */
    dueAt: instant('due_at').notNull().default(sql`now() + interval '30 seconds'`),
    attempts: integer('attempts').notNull().default(0),
    /** How often it was replayed from the dead letters. The count is part of its job ids, which must never repeat. */
    replays: integer('replays').notNull().default(0),
    lastError: text('last_error'),
    /** The owner of a webhook asked for this event again. The request then has the header `webhook-replay: true`. */
    isReplay: boolean('is_replay').notNull().default(false),
  },
  (t) => [
    // The worker's claim: the ids of one job.
    primaryKey({ columns: [t.consumer, t.eventId, t.target] }),
    // The sweeper's overdue deliveries, which it selects by `consumer || ''`. With the plain column, Postgres could use
    // this index for a claim too. With statistics of a nearly empty table it would, and read the whole backlog.
    index('deliveries_due').on(sql`(${t.consumer} || '')`, t.dueAt),
    // The messages of a webhook that are not delivered yet.
    index('deliveries_of_target').on(t.target, t.eventId).where(sql`target <> ''`),
  ],
)
