import { type SQL, sql } from 'drizzle-orm'
import Type from 'typebox'
import { Problem } from '../errors.ts'
import type { Filter } from './keyset.ts'

/** What every list takes. */
export const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 500, description: '`page.nextCursor` of the page before' })),
}
export const defaultLimit = 50

/** Several values, separated by commas. */
export const commaSeparated = (values: readonly string[]) =>
  Type.Optional(Type.String({ description: `one or more of ${values.join(', ')}, separated by commas` }))

/** `name=A,B` against an enum column. @throws Problem 400 naming the values that there are */
export function anyOf(
  name: string,
  text: string | undefined,
  allowed: readonly string[],
  column: SQL,
  type: string,
): Filter[] {
  if (text === undefined) return []
  const value = [...new Set(text.split(','))].sort()
  const unknown = value.filter((item) => !allowed.includes(item))
  if (unknown.length > 0) {
    const detail = `knows no ${unknown.join(', ')}: use ${allowed.join(', ')}`
    throw new Problem('invalid-request', `/${name} ${detail}`, { extra: { errors: [{ pointer: `/${name}`, detail }] } })
  }
  return [{ name, value, condition: sql`${column} = any(${sql.placeholder(name)}::${sql.raw(type)}[])` }]
}

/** A condition that applies when its parameter is there. */
export function when(name: string, value: string | undefined, condition: SQL): Filter[] {
  return value === undefined ? [] : [{ name, value, condition }]
}
