import { closest } from 'fastest-levenshtein'
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify'
import type { TObject, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { type FieldError, invalidBody, Problem } from '../errors.ts'

/**
 * Bodies are taken as they are; paths and queries are text, so their numbers are converted first.
 * What a schema does not name is refused: a body with 422, a query with 400 and the nearest name that there is.
 */
export function registerValidation(app: FastifyInstance): void {
  const compile: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
    const validator = Compile(schema)
    return (input: unknown) => {
      const value = httpPart === 'body' ? input : Value.Convert(schema, input)
      if (validator.Check(value)) return { value }
      const errors = fieldErrors(schema, validator.Errors(value))
      return { error: httpPart === 'body' ? invalidBody(errors) : invalidRequest(errors) }
    }
  }
  app.setValidatorCompiler(compile)
  // Answers are finished text from Postgres; the schemas of answers are documentation.
  app.setSerializerCompiler(() => JSON.stringify)
}

const invalidRequest = (errors: FieldError[]) =>
  new Problem('invalid-request', errors.map((e) => `${e.pointer} ${e.detail}`).join('; '), { extra: { errors } })

type SchemaError = { keyword: string; instancePath: string; message: string; params: object }

function fieldErrors(schema: TSchema, errors: SchemaError[]): FieldError[] {
  const all = errors.flatMap((error) =>
    error.keyword === 'additionalProperties'
      ? unknownNames(schema, error)
      : [{ pointer: error.instancePath, detail: error.message }],
  )
  const byPlace = new Map(all.map((error) => [`${error.pointer} ${error.detail}`, error]))
  // A field of several possible types reports each of them, then itself; the last word is enough.
  return [...new Map([...byPlace.values()].map((error) => [error.pointer, error])).values()]
}

function unknownNames(schema: TSchema, error: SchemaError): FieldError[] {
  const names = (error.params as { additionalProperties?: string[] }).additionalProperties ?? []
  const known = error.instancePath === '' ? Object.keys((schema as TObject).properties ?? {}) : []
  const hint = (name: string) => (known.length === 0 ? '' : `; did you mean ${closest(name, known)}?`)
  return names.map((name) => ({ pointer: `${error.instancePath}/${name}`, detail: `is not known${hint(name)}` }))
}
