import { sql } from 'drizzle-orm'
import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** The unfinished work: a row is there from the commit of its event until the effect is committed or given up. */
export const deliveries = pgTable(
  'deliveries',
  {
    consumer: text('consumer').notNull(),
    eventId: uuid('event_id').notNull(),
    /** Empty but for work that goes to several places, such as one endpoint each. */
    target: text('target').notNull().default(''),
    /** When the sweeper may enqueue it again: the last enqueueing plus a lease, or the next retry plus a lease. */
    dueAt: instant('due_at').notNull().default(sql`now() + interval '30 seconds'`),
    attempts: integer('attempts').notNull().default(0),
    /** How often it came back from the dead letters: part of its job ids, which must never repeat. */
    replays: integer('replays').notNull().default(0),
    lastError: text('last_error'),
  },
  (t) => [
    // The worker's claim: the ids of one job.
    primaryKey({ columns: [t.consumer, t.eventId, t.target] }),
    // The sweeper: what is overdue, asked for as `consumer || ''`. With the plain column this index would also offer itself
    // for a claim, and statistics that stem from a nearly empty table make it look cheap: each claim then reads the backlog.
    index('deliveries_due').on(sql`(${t.consumer} || '')`, t.dueAt),
  ],
)
