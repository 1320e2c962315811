import { ProblemBody } from '@goals-tasks/http'
import Type, { type TSchema } from 'typebox'

const problem = {
  description: 'A problem, as RFC 9457 has it',
  content: { 'application/problem+json': { schema: ProblemBody } },
}
const problemAnswers = { default: problem }
/** A header's schema is the header itself here; a type of null means no body at all. */
const text = (description: string) => ({ type: 'string', description })
const entityHeaders = {
  ETag: text(
    'the version, quoted; of a view (include=, a header) a weak tag of that body, which is of no use in If-Match',
  ),
}
const bodyless = (description: string, headers?: object) => ({
  type: 'null',
  description,
  ...(headers ? { headers } : {}),
})

const json = (description: string, schema: TSchema, headers?: object) => ({
  description,
  ...(headers ? { headers } : {}),
  content: { 'application/json': { schema } },
})

export const ok = (schema: TSchema) => ({ 200: json('As it is now', schema, entityHeaders), ...problemAnswers })
/** What a change of state answers, with what is to be said of its 409. */
export const okOrRefused = (schema: TSchema, refusal: string) => ({
  ...ok(schema),
  409: { ...problem, description: refusal },
})
export const okOrUnchanged = (schema: TSchema) => ({
  ...ok(schema),
  304: bodyless('The client has it already', entityHeaders),
})
export const created = (schema: TSchema) => ({
  201: json('Created', schema, {
    ...entityHeaders,
    Location: text('where it lives'),
  }),
  ...problemAnswers,
})
export const noContent = { 204: bodyless('Done'), ...problemAnswers }
export const listed = (schema: TSchema) => ({
  200: json('One page', page(schema), { Link: text('the next page') }),
  ...problemAnswers,
})

const page = (schema: TSchema) =>
  Type.Object({
    data: Type.Array(schema),
    page: Type.Object({ nextCursor: Type.Union([Type.String(), Type.Null()]), hasMore: Type.Boolean() }),
  })
