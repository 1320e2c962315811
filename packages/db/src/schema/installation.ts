import { sql } from 'drizzle-orm'
import { bigint, check, integer, pgTable, smallint } from 'drizzle-orm/pg-core'

/** The one row with facts about the whole installation. */
export const installation = pgTable(
  'installation',
  {
    id: smallint('id').primaryKey().default(1),
    /** Rises when transaction ids may begin again: in another cluster or timeline. Part of every feed cursor. */
    epoch: smallint('epoch').notNull().default(1),
    /** The system identifier of the Postgres cluster. Null until `migrate` has recorded it. */
    systemIdentifier: bigint('system_identifier', { mode: 'bigint' }),
    /** The timeline of the cluster, which rises when a standby is promoted. Null until a process has recorded it. */
    timeline: integer('timeline'),
  },
  (t) => [check('installation_one_row', sql`${t.id} = 1`)],
)
