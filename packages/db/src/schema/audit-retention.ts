import { sql } from 'drizzle-orm'
import { bigint, check, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** How far the audit rows are deleted: one row per audit log, and none before the first deletion. */
export const auditRetention = pgTable(
  'audit_retention',
  {
    entity: text('entity').primaryKey(),
    /** Audit rows before this instant may be gone. */
    keptSince: instant('kept_since').notNull(),
    /** The block of the audit log at which the deletion continues. Null when it has reached the end. */
    nextBlock: bigint('next_block', { mode: 'number' }),
  },
  (t) => [check('audit_retention_entity', sql`${t.entity} in ('goal', 'task')`)],
)
