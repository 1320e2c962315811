import { sql } from 'drizzle-orm'
import { check, date, index, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { goalStatus, lifecycle, priority } from './columns.ts'

export const goals = pgTable(
  'goals',
  {
    id: uuid('id').primaryKey().default(sql`uuidv7()`),
    userId: uuid('user_id').notNull(),
    title: text('title').notNull(),
    description: text('description'),
    status: goalStatus('status').notNull().default('ACTIVE'),
    priority: priority('priority').notNull().default('MEDIUM'),
    targetDate: date('target_date', { mode: 'string' }),
    category: text('category'),
    ...lifecycle(),
  },
  (t) => [
    // GET /v1/goals: an owner's live goals, newest first.
    index('goals_owner_newest')
      .on(t.userId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.deletedAt} is null`),
    // The list with `deleted=`.
    index('goals_owner_deleted')
      .on(t.userId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.deletedAt} is not null`),
    // The purge.
    index('goals_deleted_at').on(t.deletedAt).where(sql`${t.deletedAt} is not null`),
    check('goals_title_length', sql`char_length(${t.title}) between 1 and 200`),
    check('goals_completed_at', sql`(${t.status} = 'COMPLETED') = (${t.completedAt} is not null)`),
  ],
)
