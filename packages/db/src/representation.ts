import { Goal, Notification, Task } from '@goals-tasks/events'
import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { goals } from './schema/goals.ts'
import { notifications } from './schema/notifications.ts'
import { tasks } from './schema/tasks.ts'

type Schema = { properties: object }
type Member = { field: string; value: SQL; type: string; notNull: boolean }

/** The fields of the JSON that clients and consumers see, in its schema's order, each with the column of `row` that holds it. */
function membersOf(table: PgTable, schema: Schema, row: string): Member[] {
  const columns = getTableColumns(table)
  return Object.keys(schema.properties).map((field) => {
    const column = columns[field]
    if (!column) throw new Error(`no column for the field ${field}`)
    const value = sql`${sql.identifier(row)}.${sql.identifier(column.name)}`
    return { field, value, type: column.getSQLType(), notNull: column.notNull }
  })
}

const isInstant = (type: string) => type.startsWith('timestamp')

/**
 * A row as the JSON that clients and consumers see, made by Postgres, so that its text goes out unparsed.
 * Fields and their order are the schema's; every instant has exactly three digits of milliseconds.
 */
function representation(table: PgTable, schema: Schema, row: string): SQL<string> {
  const fields = membersOf(table, schema, row).map(
    ({ field, value, type }) => sql`${isInstant(type) ? sql`rfc3339(${value})` : value} as ${sql.identifier(field)}`,
  )
  return sql`(select row_to_json(d) from (select ${sql.join(fields, sql`, `)}) d)`
}

/** The very same as text, put together by hand: where it is only to be sent, as in a list, that costs a fifth less. */
function textOf(table: PgTable, schema: Schema, row: string): SQL<string> {
  const parts = membersOf(table, schema, row).map(({ field, value, type, notNull }, i) => {
    const key = sql.raw(`'${i === 0 ? '{' : ','}"${field}":'`)
    const json = jsonTextOf(value, type)
    return sql`${key} || ${notNull ? json : sql`coalesce(${json}, 'null')`}`
  })
  return sql`(${sql.join(parts, sql` || `)} || '}')`
}

function jsonTextOf(value: SQL, type: string): SQL {
  if (type === 'text') return sql`to_json(${value})::text`
  if (type === 'jsonb' || type === 'integer' || type.startsWith('numeric')) return sql`${value}::text`
  // Ids, days, and the names that an enum allows: nothing in them needs escaping.
  return sql`'"' || ${isInstant(type) ? sql`rfc3339(${value})` : sql`${value}::text`} || '"'`
}

/** `row` is the name that the row has in the statement: the table's, an alias, or `old` and `new` in a RETURNING clause. */
export const goalJson = (row = 'goals') => representation(goals, Goal, row)
export const taskJson = (row = 'tasks') => representation(tasks, Task, row)
export const notificationJson = (row = 'notifications') => representation(notifications, Notification, row)
export const goalText = (row = 'goals') => textOf(goals, Goal, row)
export const taskText = (row = 'tasks') => textOf(tasks, Task, row)
