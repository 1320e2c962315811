import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'

/** The name of a column in code, which is also its name in JSON. */
export type Field<T extends PgTable> = keyof T['_']['columns'] & string

/** Returns the columns of the fields as `title, user_id, …`, each of them prefixed by `row` when it is given. */
export function columnNames<T extends PgTable>(table: T, fields: readonly Field<T>[], row?: string): SQL {
  const prefix = row === undefined ? sql`` : sql`${sql.identifier(row)}.`
  return sql.join(
    columnsOf(table, fields).map((column) => sql`${prefix}${sql.identifier(column.name)}`),
    sql`, `,
  )
}

/** Returns `title text, user_id uuid, …`: the fields as the columns of a json_to_recordset. */
export function recordset<T extends PgTable>(table: T, fields: readonly Field<T>[]): SQL {
  return sql.join(
    columnsOf(table, fields).map((column) => sql`${sql.identifier(column.name)} ${sql.raw(column.type)}`),
    sql`, `,
  )
}

/** Returns one row of that recordset: the values of the fields under the names of their columns. */
export function toRecord<T extends PgTable>(
  table: T,
  fields: readonly Field<T>[],
  values: object,
): Record<string, unknown> {
  const given = values as Record<string, unknown>
  return Object.fromEntries(columnsOf(table, fields).map((column) => [column.name, given[column.field]]))
}

/** Returns `title = $1, …`: each column set to the placeholder with the name of its field. */
export function assignments<T extends PgTable>(table: T, fields: readonly Field<T>[]): SQL {
  return sql.join(
    columnsOf(table, fields).map((column) => sql`${sql.identifier(column.name)} = ${placeholder(column)}`),
    sql`, `,
  )
}

/** Returns `title = input.title, …`: each column set to the column with the same name of the row `source`. */
export function assignmentsFrom<T extends PgTable>(table: T, fields: readonly Field<T>[], source: string): SQL {
  return sql.join(
    columnsOf(table, fields).map((column) => {
      const name = sql.identifier(column.name)
      return sql`${name} = ${sql.identifier(source)}.${name}`
    }),
    sql`, `,
  )
}

const placeholder = (column: { field: string; type: string }) =>
  sql`${sql.placeholder(column.field)}::${sql.raw(column.type)}`

function columnsOf<T extends PgTable>(table: T, fields: readonly Field<T>[]) {
  const columns: Record<string, { name: string; getSQLType(): string }> = getTableColumns(table)
  return fields.map((field) => {
    const column = columns[field]
    if (!column) throw new Error(`The table has no column for the field ${field}. Add one to its schema.`)
    return { field, name: column.name, type: column.getSQLType() }
  })
}
