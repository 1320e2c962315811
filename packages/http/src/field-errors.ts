import { distance } from 'fastest-levenshtein'
import type { TObject, TSchema } from 'typebox'
import { Pointer } from 'typebox/value'
import { describeError, oneOf, type SchemaError } from './describe-error.ts'
import { pointerSegment } from './json-pointer.ts'
import type { FieldError } from './problems.ts'

/**
 * A hint about a name that clients of other systems send. With `use`, it counts only for an operation that has one of
 * these names. `say` is the sentence to follow the name; without it, the sentence lists the names of `use`.
 */
export type NameHint = { use?: readonly string[]; say?: string }
/** By name. Case, hyphens and underscores do not count. */
export type NameHints = Readonly<Record<string, NameHint>>

type Input = { value: unknown; errors: readonly SchemaError[]; hints: NameHints; noun: 'member' | 'parameter' }

/**
 * Returns the first error of each place in `value`. A nullable field reports the error of each alternative, and all of
 * them are one error here.
 */
export function fieldErrors(schema: TSchema, input: Input): FieldError[] {
  const all = input.errors.flatMap((error) => {
    // The validator reports an unknown name twice. The `boolean` error gives no reason.
    if (error.keyword === 'boolean' || error.keyword === 'anyOf') return []
    if (error.keyword === 'additionalProperties') return unknownNames(schema, error, input)
    if (error.keyword === 'required') return missingNames(error)
    return [{ pointer: error.instancePath, detail: describeValue(schema, error, input) }]
  })
  if (all.length === 0) return [{ pointer: '', detail: 'has too many unknown members' }]
  return firstOfEachPlace(all)
}

function describeValue(schema: TSchema, error: SchemaError, input: Input): string {
  const value = Pointer.Get(input.value, error.instancePath)
  if (input.noun === 'parameter' && Array.isArray(value)) return `must be sent once, not ${value.length} times`
  return describeError(error, value, Pointer.Get(schema, error.schemaPath.slice(1)) as TSchema)
}

/** Returns the first error of each pointer. */
export const firstOfEachPlace = (errors: readonly FieldError[]): FieldError[] =>
  errors.filter((error, i) => errors.findIndex((other) => other.pointer === error.pointer) === i)

const missingNames = ({ instancePath, params }: SchemaError): FieldError[] =>
  (params as { requiredProperties: string[] }).requiredProperties.map((name) => ({
    pointer: `${instancePath}/${pointerSegment(name)}`,
    detail: 'is required',
  }))

/** A longer name is not compared with the known ones, and not repeated in the response. */
const maxNameLength = 200

function unknownNames(schema: TSchema, { instancePath, params }: SchemaError, { hints, noun }: Input): FieldError[] {
  const names = (params as { additionalProperties?: string[] }).additionalProperties ?? []
  const describe = instancePath === '' ? createSuggestion(schema as TObject, hints, noun) : () => 'is not known'
  return names.map((name) =>
    name.length > maxNameLength
      ? { pointer: instancePath, detail: `has an unknown member whose name has ${name.length} characters` }
      : { pointer: `${instancePath}/${pointerSegment(name)}`, detail: describe(name) },
  )
}

/**
 * Returns a function that says what to use in place of an unknown name: its hint, else the nearest known name, else all
 * of them.
 */
function createSuggestion(schema: TObject, hints: NameHints, noun: string): (name: string) => string {
  const properties: [string, { readOnly?: boolean }][] = Object.entries(schema.properties ?? {})
  const known = properties.filter(([, { readOnly }]) => !readOnly).map(([name]) => name)
  if (known.length === 0) return () => `is not known: this operation takes no ${noun}s`
  return (name) => {
    const same = known.find((other) => bare(other) === bare(name))
    const near = same ?? nearestOf(name, known)
    if (same === undefined) {
      const said = sayHint(hints, name, known)
      if (said !== undefined) return said
    }
    return near === undefined ? `is not known; use ${oneOf(known)}` : `is not known; did you mean ${near}?`
  }
}

function sayHint(hints: NameHints, name: string, known: readonly string[]): string | undefined {
  const [, hint] = Object.entries(hints).find(([other]) => bare(other) === bare(name)) ?? []
  const usable = hint?.use?.filter((other) => known.includes(other))
  if (hint === undefined || usable?.length === 0) return undefined
  return hint.say ?? `is not known; use ${oneOf(usable ?? [])}`
}

const bare = (name: string) => name.toLowerCase().replaceAll(/[_-]/g, '')

/** Returns the known name from which at most a third of the letters differ. */
function nearestOf(name: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((other) => ({ other, letters: letterDistance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ other, letters }) => letters <= other.length / 3)
    .sort((a, b) => a.letters - b.letters)
  return nearest?.other
}

/** Counts the letters that differ. Two letters in the wrong order count as one. */
function letterDistance(a: string, b: string): number {
  const letters = distance(a, b)
  return letters === 2 && sortLetters(a) === sortLetters(b) ? 1 : letters
}

const sortLetters = (text: string) => [...text].sort().join('')
