import { closest } from 'fastest-levenshtein'
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify'
import type { TObject, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { type FieldError, invalidBody, Problem } from './problems.ts'

// Enough for every field of a body, each with its alternatives; still a bound.
Settings.Set({ maxErrors: 100 })

/**
 * Bodies are taken as they are, none as an empty one (it comes as null; a null that was sent does not get here); paths and queries are text, so their numbers are converted first.
 * What a schema does not name is refused: a body with 422, a query with 400 and the nearest name that there is.
 */
export function registerValidation(app: FastifyInstance): void {
  const compile: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
    const validator = Compile(schema)
    const convert = createConverter(schema)
    return (input: unknown) => {
      const value = httpPart === 'body' ? (input ?? {}) : convert(input)
      if (validator.Check(value)) return { value }
      const errors = fieldErrors(schema, validator.Errors(value))
      return { error: httpPart === 'body' ? invalidBody(errors) : invalidRequest(errors) }
    }
  }
  app.setValidatorCompiler(compile)
  // Answers are finished text from Postgres; the schemas of answers are documentation.
  app.setSerializerCompiler(() => JSON.stringify)
}

/** Texts become what the schema says; an integer is plain digits, so `1.5`, `0x10` and `1e1` stay texts, which are refused. */
function createConverter(schema: TSchema): (input: unknown) => unknown {
  const properties: Record<string, TSchema & { type?: string }> = (schema as TObject).properties ?? {}
  // What is text, and what is not there, needs no conversion, which costs more than the rest of the validation.
  const converted = Object.keys(properties).filter((name) => properties[name]?.type !== 'string')
  const integers = Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
  return (input) => {
    const given = input as Record<string, unknown>
    if (!converted.some((name) => name in given)) return input
    const odd = integers.filter((name) => name in given && !/^-?\d+$/.test(String(given[name])))
    const kept = Object.fromEntries(odd.map((name) => [name, given[name]]))
    return { ...(Value.Convert(schema, input) as object), ...kept }
  }
}

const invalidRequest = (errors: FieldError[]) =>
  new Problem('invalid-request', errors.map((e) => `${e.pointer} ${e.detail}`.trim()).join('; '), { extra: { errors } })

type SchemaError = { keyword: string; instancePath: string; message: string; params: object }

/** One error per place, the first: a field that may also be null reports both possibilities, the wanted one before the null. */
function fieldErrors(schema: TSchema, errors: SchemaError[]): FieldError[] {
  // An unknown name is reported twice; `boolean` is the half that does not say why.
  const all = errors
    .filter((error) => error.keyword !== 'boolean')
    .flatMap((error) =>
      error.keyword === 'additionalProperties'
        ? unknownNames(schema, error)
        : [{ pointer: error.instancePath, detail: error.message }],
    )
  if (all.length === 0) return [{ pointer: '', detail: 'has too many unknown members' }]
  return all.filter((error, i) => all.findIndex((other) => other.pointer === error.pointer) === i)
}

function unknownNames(schema: TSchema, error: SchemaError): FieldError[] {
  const names = (error.params as { additionalProperties?: string[] }).additionalProperties ?? []
  const known = error.instancePath === '' ? Object.keys((schema as TObject).properties ?? {}) : []
  const hint = (name: string) => (known.length === 0 ? '' : `; did you mean ${closest(name, known)}?`)
  return names.map((name) => ({
    pointer: `${error.instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    detail: `is not known${hint(name)}`,
  }))
}
