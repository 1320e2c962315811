import { invalidRequest } from '@goals-tasks/http'
import { type SQL, sql } from 'drizzle-orm'
import Type from 'typebox'
import type { Filter } from './keyset.ts'

/** Query parameters of every list. */
export const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 500, description: '`page.nextCursor` of the page before' })),
}

/** The query parameter that includes deleted rows. */
export const deletion = {
  deleted: Type.Optional(
    Type.Unsafe<'exclude' | 'only' | 'include'>({
      type: 'string',
      title: 'Deletion',
      enum: ['exclude', 'only', 'include'],
      default: 'exclude',
    }),
  ),
}

/** A query parameter of several values, separated by commas. */
export const commaSeparated = (values: readonly string[]) =>
  Type.Optional(Type.String({ description: `one or more of ${values.join(', ')}, separated by commas` }))

/** Filters an enum column by `name=A,B`. @throws Problem 400 with the known values */
export function anyOf(
  name: string,
  text: string | undefined,
  allowed: readonly string[],
  column: SQL,
  type: string,
): Filter[] {
  if (text === undefined) return []
  const value = valuesOf(name, text, allowed)
  return [{ name, value, condition: sql`${column} = any(${sql.placeholder(name)}::${sql.raw(type)}[])` }]
}

/** Parses `include=`. @throws Problem 400 with the known values */
export const parseInclude = (text: string | undefined, allowed: readonly string[]): ReadonlySet<string> =>
  new Set(text === undefined ? [] : valuesOf('include', text, allowed))

function valuesOf(name: string, text: string, allowed: readonly string[]): string[] {
  const values = [...new Set(text.split(','))].sort()
  const unknown = values.filter((item) => !allowed.includes(item))
  if (unknown.length === 0) return values
  const detail = `must be one or more of ${allowed.join(', ')}, not ${unknown.map((item) => `"${item}"`).join(', ')}`
  throw invalidRequest([{ pointer: `/${name}`, detail }])
}

/** Filters by a condition when its parameter has a value. */
export function when(name: string, value: string | undefined, condition: SQL): Filter[] {
  return value === undefined ? [] : [{ name, value, condition }]
}
