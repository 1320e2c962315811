import { Goal, Notification, Task } from '@goals-tasks/events'
import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { goals } from './schema/goals.ts'
import { notifications } from './schema/notifications.ts'
import { tasks } from './schema/tasks.ts'

/**
 * A row as the JSON that clients and consumers see, made by Postgres, so that its text goes out unparsed.
 * Fields and their order are the schema's; every instant has exactly three digits of milliseconds.
 */
function representation(table: PgTable, schema: { properties: object }, row: string): SQL<string> {
  const columns = getTableColumns(table)
  const fields = Object.keys(schema.properties).map((field) => {
    const column = columns[field]
    if (!column) throw new Error(`no column for the field ${field}`)
    const value = sql`${sql.identifier(row)}.${sql.identifier(column.name)}`
    return sql`${column.getSQLType().startsWith('timestamp') ? sql`rfc3339(${value})` : value} as ${sql.identifier(field)}`
  })
  return sql`(select row_to_json(d) from (select ${sql.join(fields, sql`, `)}) d)`
}

/** `row` is the name that the row has in the statement: the table's, an alias, or `old` and `new` in a RETURNING clause. */
export const goalJson = (row = 'goals') => representation(goals, Goal, row)
export const taskJson = (row = 'tasks') => representation(tasks, Task, row)
export const notificationJson = (row = 'notifications') => representation(notifications, Notification, row)
