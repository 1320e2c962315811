import { sql } from 'drizzle-orm'
import { check, index, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core'
import { tasks } from './tasks.ts'

/** Finish-to-start: `task_id` waits for `depends_on_id`. */
export const taskDependencies = pgTable(
  'task_dependencies',
  {
    taskId: uuid('task_id')
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    dependsOnId: uuid('depends_on_id')
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
  },
  (t) => [
    primaryKey({ columns: [t.taskId, t.dependsOnId] }),
    // Who waits for this task: asked whenever a blocker closes or opens.
    index('task_dependencies_reverse').on(t.dependsOnId, t.taskId),
    check('task_dependencies_no_self', sql`${t.taskId} <> ${t.dependsOnId}`),
  ],
)
