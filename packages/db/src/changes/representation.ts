import { Notification } from '@goals-tasks/events'
import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { notifications } from '../schema/notifications.ts'

/**
 * A row as the JSON that clients and consumers see, made by Postgres, so that its text goes out unparsed.
 * Fields and their order are the schema's; every instant has exactly three digits of milliseconds.
 * `row` is the name that the row has in the statement: the table's or an alias.
 */
export function rowToJson(table: PgTable, schema: { properties: object }, row: string): SQL<string> {
  const columns = getTableColumns(table)
  const fields = Object.keys(schema.properties).map((field) => {
    const column = columns[field]
    if (!column) throw new Error(`no column for the field ${field}`)
    const value = sql`${sql.identifier(row)}.${sql.identifier(column.name)}`
    const isInstant = column.getSQLType().startsWith('timestamp')
    return sql`${isInstant ? sql`rfc3339(${value})` : value} as ${sql.identifier(field)}`
  })
  return sql`(select row_to_json(d) from (select ${sql.join(fields, sql`, `)}) d)`
}

export const notificationJson = rowToJson(notifications, Notification, 'notifications')
