import { bigint, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core'
import { xid8 } from './columns.ts'

/** The users who may see an event, as of the event. Partitioned by week over `event_id`, as `events` is over `id`. */
export const eventReaders = pgTable(
  'event_readers',
  {
    readerId: uuid('reader_id').notNull(),
    xid: xid8('xid').notNull(),
    position: bigint('position', { mode: 'bigint' }).notNull(),
    eventId: uuid('event_id').notNull(),
  },
  // The feed of one reader, in the order (xid, position).
  (t) => [primaryKey({ columns: [t.readerId, t.xid, t.position, t.eventId] })],
)
