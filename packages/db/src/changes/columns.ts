import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'

/** The name of a column in code, as its row has it on the wire. */
export type Field<T extends PgTable> = keyof T['_']['columns'] & string

/** `title, user_id, …` of the fields; of `row` when it is named. */
export function columnNames<T extends PgTable>(table: T, fields: readonly Field<T>[], row?: string): SQL {
  const prefix = row === undefined ? sql`` : sql`${sql.identifier(row)}.`
  return sql.join(
    columnsOf(table, fields).map((column) => sql`${prefix}${sql.identifier(column.name)}`),
    sql`, `,
  )
}

/** `title text, user_id uuid, …`: the fields as the columns of a json_to_recordset. */
export function recordset<T extends PgTable>(table: T, fields: readonly Field<T>[]): SQL {
  return sql.join(
    columnsOf(table, fields).map((column) => sql`${sql.identifier(column.name)} ${sql.raw(column.type)}`),
    sql`, `,
  )
}

/** A row of that recordset: the values of the fields under their columns' names. */
export function toRecord<T extends PgTable>(
  table: T,
  fields: readonly Field<T>[],
  values: object,
): Record<string, unknown> {
  const given = values as Record<string, unknown>
  return Object.fromEntries(columnsOf(table, fields).map((column) => [column.name, given[column.field]]))
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
