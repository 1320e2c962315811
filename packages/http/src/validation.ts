import type { FastifyInstance, FastifySchemaCompiler } from 'fastify'
import type { TObject, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { bodyErrors } from './body-errors.ts'
import { fieldErrors, firstOfEachPlace, type NameHints } from './field-errors.ts'
import { type FieldError, invalidBody, invalidRequest, Problem } from './problems.ts'

const noHints = { body: {}, query: {} }

// The bound covers every field of a body with all its alternatives.
Settings.Set({ maxErrors: 100 })

/**
 * Validates bodies, paths and queries by the schema of the route. Paths and queries are text, so their numbers are
 * converted first. A missing body (null here, because `registerJson` refuses a null) counts as an empty object, but a
 * PATCH needs one: without the patch the client would believe that something has changed.
 * A name that the schema does not have gets 422 in a body and 400 in a query, with its sentence in `hints`, the closest
 * known name, or all of them.
 * The first request that needs a schema compiles it: compiling all of them took 60 ms of a start.
 */
export function registerValidation(app: FastifyInstance, hints: { body: NameHints; query: NameHints } = noHints): void {
  const compile: FastifySchemaCompiler<TSchema> = ({ schema, httpPart, method }) => {
    let compiled: Validator | undefined
    const convert = createConverter(schema)
    return (input: unknown) => {
      compiled ??= Compile(schema)
      const validator = compiled
      if (httpPart === 'body' && method === 'PATCH' && input === null) return { error: patchMissing() }
      const value = httpPart === 'body' ? (input ?? {}) : convert(input)
      if (validator.Check(value)) return { value }
      if (httpPart === 'body')
        return { error: invalidBody(bodyErrors({ schema, validator, value, hints: hints.body })) }
      const found = { value, errors: validator.Errors(value) }
      const errors = fieldErrors(schema, { ...found, hints: hints.query, noun: 'parameter' })
      return { error: invalidRequest(parameterErrors(errors)) }
    }
  }
  app.setValidatorCompiler(compile)
  // Most responses are finished text from Postgres. Their schemas are documentation only.
  app.setSerializerCompiler(() => JSON.stringify)
}

/**
 * Converts texts to the types of the schema. Only plain digits are an integer: `1.5`, `0x10` and `1e1` stay texts. A
 * list has its values between commas, in repeated parameters, or both.
 */
function createConverter(schema: TSchema): (input: unknown) => unknown {
  const properties: Record<string, TSchema & { type?: string }> = (schema as TObject).properties ?? {}
  const namesOf = (type: string) => Object.keys(properties).filter((name) => properties[name]?.type === type)
  // Text and missing values skip the conversion, because it costs more than the rest of the validation.
  const converted = Object.keys(properties).filter((name) => properties[name]?.type !== 'string')
  const [integers, lists] = [namesOf('integer'), namesOf('array')]
  return (input) => {
    const given = input as Record<string, unknown>
    if (!converted.some((name) => name in given)) return input
    const notPlain = integers.filter((name) => name in given && !/^-?\d+$/.test(String(given[name])))
    const kept = Object.fromEntries(notPlain.map((name) => [name, given[name]]))
    const split = Object.fromEntries(
      lists.filter((name) => name in given).map((name) => [name, splitValues(given[name])]),
    )
    return { ...(Value.Convert(schema, input) as object), ...kept, ...split }
  }
}

const splitValues = (given: unknown): string[] => [given].flat().flatMap((text) => String(text).split(','))

/** Returns the first error of each parameter. A pointer names the parameter, not a value in its list. */
function parameterErrors(errors: readonly FieldError[]): FieldError[] {
  return firstOfEachPlace(errors.map(({ pointer, detail }) => ({ pointer: pointer.replace(/\/\d+$/, ''), detail })))
}

const patchMissing = () =>
  new Problem('invalid-json', 'The body is missing. Send a JSON object with the members to change.')
