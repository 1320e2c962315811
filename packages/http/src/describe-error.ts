import type { TSchema } from 'typebox'

/** An error of the validator, as TypeBox reports it. */
export type SchemaError = { keyword: string; instancePath: string; schemaPath: string; message: string; params: object }

type Params = { pattern?: string | RegExp; limit?: number; multipleOf?: number }

/**
 * Returns what is wrong with a value, to follow the name of the field: `must be a whole number, not "five"`.
 * `schema` is the schema that the value breaks.
 */
export function describeError({ keyword, message, params }: SchemaError, value: unknown, schema: TSchema): string {
  if (['type', 'enum', 'format'].includes(keyword)) return mustBe(expectedOf(schema), value)
  const describe = descriptions[keyword]
  return describe ? describe(params as Params, value) : message
}

type Describe = (params: Params, value: unknown) => string
const mustBe = (expected: string, value: unknown) => `must be ${expected}, not ${showValue(value)}`

const descriptions: Record<string, Describe> = {
  pattern: ({ pattern = '' }, value) =>
    String(pattern) === '\\S' ? 'must have a visible character' : mustBe(`text that matches ${pattern}`, value),
  minLength: ({ limit }, value) => mustHave('at least', limit, 'character', lengthOf(value)),
  maxLength: ({ limit }, value) => mustHave('at most', limit, 'character', lengthOf(value)),
  minItems: ({ limit }, value) => mustHave('at least', limit, 'item', lengthOf(value)),
  maxItems: ({ limit }, value) => mustHave('at most', limit, 'item', lengthOf(value)),
  minimum: ({ limit }, value) => mustBe(`at least ${limit}`, value),
  maximum: ({ limit }, value) => mustBe(`at most ${limit}`, value),
  multipleOf: ({ multipleOf }, value) => mustBe(`a multiple of ${multipleOf}`, value),
}

/** Returns the values that a schema allows, in words: `LOW, MEDIUM or HIGH`, `a UUID or null`. */
function expectedOf(schema: TSchema): string {
  const { type = [], enum: values, format = '' } = schema as { type?: string | string[]; enum?: []; format?: string }
  if (values) return oneOf(values.map(String))
  return oneOf([type].flat().map((name) => (name === 'string' && formatNames[format]) || (typeNames[name] ?? name)))
}

const typeNames: Record<string, string> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}
const formatNames: Record<string, string> = {
  uuid: 'a UUID',
  date: 'a day such as 2027-03-01',
  'date-time': 'an instant such as 2027-03-01T09:30:00Z',
}

const mustHave = (bound: string, limit = 0, noun: string, length: number) =>
  `must have ${bound} ${limit} ${noun}${limit === 1 ? '' : 's'}, not ${length}`

/** The validator counts code points, so an emoji is one character. */
const lengthOf = (value: unknown): number =>
  typeof value === 'string' ? value.length - (value.match(surrogatePairs) ?? []).length : (value as unknown[]).length
const surrogatePairs = /[\uD800-\uDBFF][\uDC00-\uDFFF]/g

/** Returns `A, B or C`. */
export const oneOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`

const maxShown = 60

/** Returns a value as JSON, cut to a length that a message can hold. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
}
