import { getTableColumns, is, type SQL, sql } from 'drizzle-orm'
import { type PgColumn, PgEnumColumn, type PgTable } from 'drizzle-orm/pg-core'

/**
 * Returns the expression of a row's JSON as text. The fields and their order are those of `schema`. `row` is the name
 * of the row in the statement. The text does not depend on the settings of the session.
 *
 * One call of format costs Postgres less than row_to_json, which looks up the type of each column for each row.
 */
export function rowToText(table: PgTable, schema: Schema, row: string): SQL<string> {
  const members = fieldsOf(table, schema).map(({ field, column }) => ({
    field,
    ...formatOf(column, valueIn(row, column)),
  }))
  const template = members.map(({ field, format }) => `"${field}":${format}`).join(',')
  const values = members.map(({ value }) => value)
  return sql`format(${sql.raw(`'{${template}}'`)}, ${sql.join(values, sql`, `)})`
}

/** Returns the same of the fields only that differ between the rows `before` and `after`, with their values before. */
export function changedToText(table: PgTable, schema: Schema, before: string, after: string): SQL<string> {
  const members = fieldsOf(table, schema).map(({ field, column }) => {
    const value = valueIn(before, column)
    const json = sql`coalesce((${toJson(column, value)})::text, 'null')`
    const isChanged = sql`${value} is distinct from ${valueIn(after, column)}`
    return sql`case when ${isChanged} then ${sql.raw(`',"${field}":'`)} || ${json} end`
  })
  return sql`'{' || substr(concat(${sql.join(members, sql`, `)}), 2) || '}'`
}

type Schema = { properties: object }

function fieldsOf(table: PgTable, { properties }: Schema): { field: string; column: PgColumn }[] {
  const columns = getTableColumns(table)
  return Object.keys(properties).map((field) => {
    const column = columns[field]
    if (!column) throw new Error(`The table has no column for the field ${field}. Add one to its schema.`)
    return { field, column }
  })
}

const valueIn = (row: string, column: PgColumn) => sql`${sql.identifier(row)}.${sql.identifier(column.name)}`

/** Returns the format of a column in JSON, and the value to format. */
function formatOf(column: PgColumn, value: SQL): { format: string; value: SQL } {
  if (column.notNull && hasPlainText(column)) return { format: '"%s"', value }
  const json = toJson(column, value)
  return { format: '%s', value: column.notNull ? json : sql`coalesce((${json})::text, 'null')` }
}

function toJson(column: PgColumn, value: SQL): SQL {
  const type = column.getSQLType()
  if (type.startsWith('timestamp')) return instantToJson(value)
  if (/^(integer|numeric|json)/.test(type)) return value
  return hasPlainText(column) ? sql`'"' || ${value} || '"'` : sql`to_json(${value})`
}

/** The text of an id or an enum needs no escapes. Adding the quotes here is cheaper than to_json. */
const hasPlainText = (column: PgColumn) => column.getSQLType() === 'uuid' || is(column, PgEnumColumn)

/**
 * Returns an instant as JSON, in UTC with three digits of milliseconds. Postgres omits zeros at the end of a fraction.
 * With a microsecond more it writes six digits, of which the cut leaves three. This is cheaper than to_char.
 */
export const instantToJson = (value: SQL) =>
  sql`left(to_json(${value} at time zone interval '0' + interval '0.000001')::text, 24) || 'Z"'`
