import { distance } from 'fastest-levenshtein'
import type { TObject, TSchema } from 'typebox'
import { Pointer } from 'typebox/value'
import { describeError, oneOf, type SchemaError } from './describe-error.ts'
import { pointerSegment } from './json-pointer.ts'
import type { FieldError } from './problems.ts'

/** Sentences about names that clients of other systems send, to follow the name: `offset: lists have a cursor …`. */
export type NameHints = Readonly<Record<string, string>>

/**
 * Returns the first error of each place in `value`. A nullable field reports the error of each alternative, and all of
 * them are one error here.
 */
export function fieldErrors(
  schema: TSchema,
  { value, errors, hints }: { value: unknown; errors: readonly SchemaError[]; hints: NameHints },
): FieldError[] {
  const all = errors.flatMap((error) => {
    // The validator reports an unknown name twice. The `boolean` error gives no reason.
    if (error.keyword === 'boolean' || error.keyword === 'anyOf') return []
    if (error.keyword === 'additionalProperties') return unknownNames(schema, error, hints)
    if (error.keyword === 'required') return missingNames(error)
    return [{ pointer: error.instancePath, detail: describeError(error, Pointer.Get(value, error.instancePath)) }]
  })
  if (all.length === 0) return [{ pointer: '', detail: 'has too many unknown members' }]
  return firstOfEachPlace(all)
}

/** Returns the first error of each pointer. */
export const firstOfEachPlace = (errors: readonly FieldError[]): FieldError[] =>
  errors.filter((error, i) => errors.findIndex((other) => other.pointer === error.pointer) === i)

const missingNames = ({ instancePath, params }: SchemaError): FieldError[] =>
  (params as { requiredProperties: string[] }).requiredProperties.map((name) => ({
    pointer: `${instancePath}/${pointerSegment(name)}`,
    detail: 'is required',
  }))

function unknownNames(schema: TSchema, { instancePath, params }: SchemaError, hints: NameHints): FieldError[] {
  const names = (params as { additionalProperties?: string[] }).additionalProperties ?? []
  const known = instancePath === '' ? Object.keys((schema as TObject).properties ?? {}) : []
  return names.map((name) => ({
    pointer: `${instancePath}/${pointerSegment(name)}`,
    detail: Object.hasOwn(hints, name) ? String(hints[name]) : `is not known${suggestion(name, known)}`,
  }))
}

/** Suggests the nearest known name. Lists all names when none is near. */
function suggestion(name: string, known: readonly string[]): string {
  if (known.length === 0) return ''
  const near = known
    .map((other) => ({ other, letters: letterDistance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ other, letters }) => letters <= other.length / 3)
    .sort((a, b) => a.letters - b.letters)
  return near[0] ? `; did you mean ${near[0].other}?` : `; use ${oneOf(known)}`
}

/** Counts the letters that differ. Two letters in the wrong order count as one. */
function letterDistance(a: string, b: string): number {
  const letters = distance(a, b)
  return letters === 2 && sortLetters(a) === sortLetters(b) ? 1 : letters
}

const sortLetters = (text: string) => [...text].sort().join('')
