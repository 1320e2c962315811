import { maxTextLength, stringEnum } from '@goals-tasks/events'
import { defaultLimit } from '@goals-tasks/http'
import { type SQL, sql } from 'drizzle-orm'
import Type, { type TSchema } from 'typebox'
import type { Filter } from './keyset.ts'

/** Query parameters of every list. */
export const paging = {
  limit: Type.Optional(
    Type.Integer({
      ...{ minimum: 1, maximum: 200, default: defaultLimit },
      description: 'The number of entries of a page.',
      examples: [20],
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      maxLength: 500,
      description: 'The `page.nextCursor` of the page before. The first page has no cursor.',
      examples: ['WzEsIl8iXQ'],
    }),
  ),
}

const Deletion = stringEnum(['exclude', 'only', 'include'] as const, {
  title: 'Deletion',
  description: 'Whether a list leaves out deleted entries, has them only, or includes them.',
  examples: ['include'],
})

/** The query parameter that includes deleted rows. */
export const deletion = {
  deleted: Type.Optional(
    Type.Unsafe<'exclude' | 'only' | 'include'>({
      ...Deletion,
      default: 'exclude',
    }),
  ),
}

/** A query parameter of several values, separated by commas or in repeated parameters. */
export const listOf = <S extends TSchema>(item: S, description: string) =>
  Type.Optional(Type.Array(item, { description: `${description} Separate several values by commas.` }))

/** The query parameter that filters by a tag. */
export const tagFilter = Type.Optional(
  Type.String({
    maxLength: maxTextLength.tag,
    description: 'A tag of the entries to list.',
    examples: ['sailing'],
  }),
)

/** Filters an enum column by any of the values. */
export function anyOf(name: string, values: readonly string[] | undefined, column: SQL, type: string): Filter[] {
  if (values === undefined) return []
  // A cursor is bound to the values in one order.
  const value = [...new Set(values)].sort()
  return [{ name, value, condition: sql`${column} = any(${sql.placeholder(name)}::${sql.raw(type)}[])` }]
}

/** Filters by a condition when its parameter has a value. */
export function when(name: string, value: string | undefined, condition: SQL): Filter[] {
  return value === undefined ? [] : [{ name, value, condition }]
}
