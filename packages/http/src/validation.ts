import { closest } from 'fastest-levenshtein'
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify'
import type { TObject, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { pointerSegment } from './json-pointer.ts'
import { type FieldError, invalidBody, Problem } from './problems.ts'

// The bound covers every field of a body with all its alternatives.
Settings.Set({ maxErrors: 100 })

/**
 * Validates bodies, paths and queries by the schema of the route. Paths and queries are text, so their numbers are
 * converted first. A missing body (null here, because `registerJson` refuses a null) counts as an empty object, but a
 * PATCH needs one: without the patch the client would believe that something has changed.
 * A name that the schema does not have gets 422 in a body and 400 in a query, with the closest known name.
 */
export function registerValidation(app: FastifyInstance): void {
  const compile: FastifySchemaCompiler<TSchema> = ({ schema, httpPart, method }) => {
    const validator = Compile(schema)
    const convert = createConverter(schema)
    return (input: unknown) => {
      if (httpPart === 'body' && method === 'PATCH' && input === null) return { error: patchMissing() }
      const value = httpPart === 'body' ? (input ?? {}) : convert(input)
      if (validator.Check(value)) return { value }
      const errors = fieldErrors(schema, validator.Errors(value))
      return { error: httpPart === 'body' ? invalidBody(errors) : invalidRequest(errors) }
    }
  }
  app.setValidatorCompiler(compile)
  // Most responses are finished text from Postgres. Their schemas are documentation only.
  app.setSerializerCompiler(() => JSON.stringify)
}

/** Converts texts to the types of the schema. Only plain digits are an integer: `1.5`, `0x10` and `1e1` stay texts. */
function createConverter(schema: TSchema): (input: unknown) => unknown {
  const properties: Record<string, TSchema & { type?: string }> = (schema as TObject).properties ?? {}
  // Text and missing values skip the conversion, because it costs more than the rest of the validation.
  const converted = Object.keys(properties).filter((name) => properties[name]?.type !== 'string')
  const integers = Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
  return (input) => {
    const given = input as Record<string, unknown>
    if (!converted.some((name) => name in given)) return input
    const notPlain = integers.filter((name) => name in given && !/^-?\d+$/.test(String(given[name])))
    const kept = Object.fromEntries(notPlain.map((name) => [name, given[name]]))
    return { ...(Value.Convert(schema, input) as object), ...kept }
  }
}

const patchMissing = () =>
  new Problem('invalid-json', 'The body is missing. Send a JSON object with the members to change.')
const invalidRequest = (errors: FieldError[]) =>
  new Problem('invalid-request', errors.map((e) => `${e.pointer} ${e.detail}`.trim()).join('; '), { extra: { errors } })

type SchemaError = { keyword: string; instancePath: string; message: string; params: object }

/** Returns the first error of each place. A nullable field reports two errors, and the one about null comes second. */
function fieldErrors(schema: TSchema, errors: SchemaError[]): FieldError[] {
  // The validator reports an unknown name twice. The `boolean` error gives no reason.
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
    pointer: `${error.instancePath}/${pointerSegment(name)}`,
    detail: `is not known${hint(name)}`,
  }))
}
