import { Notification } from '@goals-tasks/events'
import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { notifications } from '../schema/notifications.ts'

/**
 * Returns the expression of a row's JSON as clients and consumers see it. Postgres makes the text, and it is sent
 * unparsed. The fields and their order are those of `schema`. Each instant has three digits of milliseconds. `row` is
 * the name of the row in the statement: the name of the table or an alias.
 */
export function rowToJson(table: PgTable, schema: { properties: object }, row: string): SQL<string> {
  const columns = getTableColumns(table)
  const fields = Object.keys(schema.properties).map((field) => {
    const column = columns[field]
    if (!column) throw new Error(`The table has no column for the field ${field}. Add one to its schema.`)
    const value = sql`${sql.identifier(row)}.${sql.identifier(column.name)}`
    const isInstant = column.getSQLType().startsWith('timestamp')
    return sql`${isInstant ? sql`rfc3339(${value})` : value} as ${sql.identifier(field)}`
  })
  return sql`(select row_to_json(d) from (select ${sql.join(fields, sql`, `)}) d)`
}

/** The JSON of a row of `notifications`. */
export const notificationJson = rowToJson(notifications, Notification, 'notifications')
