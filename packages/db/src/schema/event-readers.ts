import { bigint, pgEnum, pgTable, primaryKey, smallint, uuid } from 'drizzle-orm/pg-core'
import { xid8 } from './columns.ts'

/**
 * How a change looks to a reader: `kept` may see the entity before and after it, `gained` only after it, `lost` only
 * before it.
 */
export const eventVisibility = pgEnum('event_visibility', ['kept', 'gained', 'lost'])

/** The users who may see an event, as of the event. Partitioned by week over `event_id`, as `events` is over `id`. */
export const eventReaders = pgTable(
  'event_readers',
  {
    readerId: uuid('reader_id').notNull(),
    xid: xid8('xid').notNull(),
    position: bigint('position', { mode: 'bigint' }).notNull(),
    eventId: uuid('event_id').notNull(),
    /** The epoch of the writing cluster. `raise_epoch` changes the default, so no statement has to read it. */
    epoch: smallint('epoch').notNull().default(1),
    /** Null in rows of the previous release: the bodies of the event then show what its reader saw. */
    visibility: eventVisibility('visibility'),
  },
  // The feed of one reader, in the order (epoch, xid, position). Transaction ids begin again with each epoch.
  (t) => [primaryKey({ columns: [t.readerId, t.epoch, t.xid, t.position, t.eventId] })],
)
