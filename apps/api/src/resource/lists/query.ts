import { Problem } from '@goals-tasks/http'
import { type SQL, sql } from 'drizzle-orm'
import Type from 'typebox'
import type { Filter } from './keyset.ts'

/** What every list takes. */
export const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 500, description: '`page.nextCursor` of the page before' })),
}

/** Deleted rows are shown only to whoever asks for them. */
export const deletion = {
  deleted: Type.Optional(
    Type.Unsafe<'exclude' | 'only' | 'include'>({
      type: 'string',
      enum: ['exclude', 'only', 'include'],
      default: 'exclude',
    }),
  ),
}

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
  const value = valuesOf(name, text, allowed)
  return [{ name, value, condition: sql`${column} = any(${sql.placeholder(name)}::${sql.raw(type)}[])` }]
}

/** What `include=` asks for. @throws Problem 400 naming what there is */
export const parseInclude = (text: string | undefined, allowed: readonly string[]): ReadonlySet<string> =>
  new Set(text === undefined ? [] : valuesOf('include', text, allowed))

function valuesOf(name: string, text: string, allowed: readonly string[]): string[] {
  const values = [...new Set(text.split(','))].sort()
  const unknown = values.filter((item) => !allowed.includes(item))
  if (unknown.length === 0) return values
  const detail = `knows no ${unknown.join(', ')}: use ${allowed.join(', ')}`
  throw new Problem('invalid-request', `/${name} ${detail}`, { extra: { errors: [{ pointer: `/${name}`, detail }] } })
}

/** A condition that applies when its parameter is there. */
export function when(name: string, value: string | undefined, condition: SQL): Filter[] {
  return value === undefined ? [] : [{ name, value, condition }]
}
