import { ProblemBody } from '@goals-tasks/http'
import Type, { type TSchema } from 'typebox'

const problem = {
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: ProblemBody } },
}
const problemAnswers = { default: problem }
/** The schema of a header stands in place of the header. A body of type null means no body. */
const text = (description: string) => ({ type: 'string', description })
const entityHeaders = {
  ETag: text(
    'the version in quotes; a weak tag of the body for a view (include=, a summary), which If-Match does not take',
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
/** The responses of a change of state. `refusal` describes its 409. */
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
