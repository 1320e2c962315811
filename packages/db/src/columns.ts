import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'

type Field<T extends PgTable> = keyof T['_']['columns'] & string

/** `title, user_id, …` of the fields. */
export function columnNames<T extends PgTable>(table: T, fields: readonly Field<T>[]): SQL {
  return sql.join(
    columnsOf(table, fields).map((column) => sql.identifier(column.name)),
    sql`, `,
  )
}

/** One placeholder per field, named as the field and cast to its column's type. */
export function placeholders<T extends PgTable>(table: T, fields: readonly Field<T>[]): SQL {
  return sql.join(
    columnsOf(table, fields).map((column) => placeholder(column)),
    sql`, `,
  )
}

/** `title = $1, …` of the fields. */
export function assignments<T extends PgTable>(table: T, fields: readonly Field<T>[]): SQL {
  return sql.join(
    columnsOf(table, fields).map((column) => sql`${sql.identifier(column.name)} = ${placeholder(column)}`),
    sql`, `,
  )
}

const placeholder = (column: { field: string; type: string }) =>
  sql`${sql.placeholder(column.field)}::${sql.raw(column.type)}`

function columnsOf<T extends PgTable>(table: T, fields: readonly Field<T>[]) {
  const columns: Record<string, { name: string; getSQLType(): string }> = getTableColumns(table)
  return fields.map((field) => {
    const column = columns[field]
    if (!column) throw new Error(`no column for the field ${field}`)
    return { field, name: column.name, type: column.getSQLType() }
  })
}
