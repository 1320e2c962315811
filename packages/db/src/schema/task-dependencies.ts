import { sql } from 'drizzle-orm'
import { check, index, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core'
import { tasks } from './tasks.ts'

/** A finish-to-start dependency: the task `task_id` waits for the task `depends_on_id`. */
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
    // The dependents of a task, read whenever a blocker closes or opens.
    index('task_dependencies_reverse').on(t.dependsOnId, t.taskId),
    check('task_dependencies_no_self', sql`${t.taskId} <> ${t.dependsOnId}`),
  ],
)
