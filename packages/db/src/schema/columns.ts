import { blockKinds, goalStatuses, priorities, taskStatuses } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { customType, integer, jsonb, pgEnum, timestamp, uuid } from 'drizzle-orm/pg-core'

export const goalStatus = pgEnum('goal_status', goalStatuses)
export const taskStatus = pgEnum('task_status', taskStatuses)
/** An enum sorts in the order of its values, so `order by priority` means what it says. */
export const priority = pgEnum('priority', priorities)
export const blockKind = pgEnum('block_kind', blockKinds)

/** Milliseconds: what JSON shows is all there is, so a keyset cursor loses nothing. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'string' })

/** A 64-bit transaction id, as text. */
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' })

/** Kept as the text that was written: cheaper than jsonb, and it gives back the very bytes. */
export const jsonText = customType<{ data: string }>({ dataType: () => 'json' })

/**
 * A row's JSON as clients and consumers see it: Postgres makes it when the row is written, and it is sent and announced as it
 * stands. `call` is the function that makes it, over the row's columns.
 */
export const representation = (call: string) => jsonText('representation').notNull().generatedAlwaysAs(sql.raw(call))

/** What goals and tasks share. `updated_at` is moved by a trigger, whoever writes. */
export const lifecycle = () => ({
  tags: jsonb('tags').$type<string[]>().notNull().default([]),
  metadata: jsonb('metadata').$type<Record<string, unknown>>().notNull().default({}),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
  completedAt: instant('completed_at'),
  deletedAt: instant('deleted_at'),
  /** The deletion that took this row along: restoring undoes exactly that one. */
  deleteCascadeId: uuid('delete_cascade_id'),
  /** The closing of a goal that closed this row along: reopening undoes exactly that one. */
  closeCascadeId: uuid('close_cascade_id'),
  version: integer('version').notNull().default(1),
})
