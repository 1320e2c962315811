import { sql } from 'drizzle-orm'
import { integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** A running process. Each process updates its row every few seconds, and others delete the rows of dead ones. */
export const processes = pgTable('processes', {
  id: uuid('id').primaryKey().default(sql`uuidv7()`),
  role: text('role').notNull(),
  /** The consumers that it serves. Empty for a process that is no worker. */
  consumers: text('consumers').array().notNull(),
  version: text('version').notNull(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  /** The most connections to Postgres that it opens. */
  poolSize: integer('pool_size').notNull(),
  startedAt: instant('started_at').notNull(),
  beatAt: instant('beat_at').notNull().default(sql`now()`),
  /** How far its clock is ahead of the one of Postgres, as of the last beat. It includes the way of the statement. */
  clockAheadMs: integer('clock_ahead_ms').notNull(),
})
