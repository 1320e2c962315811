import { blockKinds, goalStatuses, priorities, taskStatuses } from '@goals-tasks/events'
import { customType, integer, jsonb, pgEnum, timestamp, uuid } from 'drizzle-orm/pg-core'

export const goalStatus = pgEnum('goal_status', goalStatuses)
export const taskStatus = pgEnum('task_status', taskStatuses)
/** An enum sorts in the order of its values, so `order by priority` sorts from LOW to CRITICAL. */
export const priority = pgEnum('priority', priorities)
export const blockKind = pgEnum('block_kind', blockKinds)

/** An instant in milliseconds, the precision of the JSON, so a keyset cursor from JSON is exact. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'string' })

/** A 64-bit transaction id, as text. */
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' })

export const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** JSON that keeps the text that was written. It is cheaper than jsonb and returns the same bytes. */
export const jsonText = customType<{ data: string }>({ dataType: () => 'json' })

/** The columns that goals and tasks share. A trigger sets `updated_at` on every write. */
export const lifecycle = () => ({
  tags: jsonb('tags').$type<string[]>().notNull().default([]),
  metadata: jsonb('metadata').$type<Record<string, unknown>>().notNull().default({}),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
  completedAt: instant('completed_at'),
  deletedAt: instant('deleted_at'),
  /** The cascade that deleted this row. Restoring undoes exactly that cascade. */
  deleteCascadeId: uuid('delete_cascade_id'),
  /** The cascade that closed this row. Reopening undoes exactly that cascade. */
  closeCascadeId: uuid('close_cascade_id'),
  version: integer('version').notNull().default(1),
})
