import type { TObject, TSchema } from 'typebox'
import type { Validator } from 'typebox/compile'
import { fieldErrors, type NameHints } from './field-errors.ts'
import type { FieldError } from './problems.ts'

/** The validator reports as many errors. */
const maxUnknownNames = 100

type Members = Readonly<Record<string, unknown>>
type Invalid = { schema: TSchema; validator: Validator; value: unknown; hints: NameHints }

/**
 * Returns the errors of a body that breaks its schema. The validator looks at each item and each name, so it gets a
 * list that is too long only as far as needed, and no body with a hundred unknown names.
 */
export function bodyErrors({ schema, validator, value, hints }: Invalid): FieldError[] {
  const { properties = {}, additionalProperties } = schema as TObject & { additionalProperties?: unknown }
  const members = isMembers(value) ? value : {}
  const unknown = Object.keys(members).filter((name) => !Object.hasOwn(properties, name))
  if (additionalProperties === false && unknown.length > maxUnknownNames)
    return [{ pointer: '', detail: 'has too many unknown members' }]
  const errors = validator.Errors(isMembers(value) ? shorten(value, properties) : value)
  return fieldErrors(schema, { value, errors, hints, noun: 'member' })
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Cuts each list that is too long behind the first item too many. Its error names the length of the whole list. */
function shorten(value: Members, properties: Readonly<Record<string, TSchema & { maxItems?: number }>>): Members {
  const shortened = Object.entries(value).flatMap(([name, items]) => {
    const max = Object.hasOwn(properties, name) ? properties[name]?.maxItems : undefined
    return Array.isArray(items) && max !== undefined && items.length > max ? [[name, items.slice(0, max + 1)]] : []
  })
  return shortened.length === 0 ? value : { ...value, ...Object.fromEntries(shortened) }
}
