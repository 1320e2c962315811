import Type, { type TSchema } from 'typebox'
import { ProblemBody } from '../problem-body.ts'

const problem = {
  description: 'A problem, as RFC 9457 has it',
  content: { 'application/problem+json': { schema: ProblemBody } },
}
const problemAnswers = { default: problem }
const entityHeaders = { ETag: { description: 'the version, quoted', schema: { type: 'string' } } }

const json = (description: string, schema: TSchema, headers?: object) => ({
  description,
  ...(headers ? { headers } : {}),
  content: { 'application/json': { schema } },
})

export const ok = (schema: TSchema) => ({ 200: json('As it is now', schema, entityHeaders), ...problemAnswers })
export const okOrUnchanged = (schema: TSchema) => ({ ...ok(schema), 304: { description: 'The client has it already' } })
export const created = (schema: TSchema) => ({
  201: json('Created', schema, {
    ...entityHeaders,
    Location: { description: 'where it lives', schema: { type: 'string' } },
  }),
  ...problemAnswers,
})
export const noContent = { 204: { description: 'Done' }, ...problemAnswers }
export const listed = (schema: TSchema) => ({
  200: json('One page', page(schema), { Link: { description: 'the next page', schema: { type: 'string' } } }),
  ...problemAnswers,
})

const page = (schema: TSchema) =>
  Type.Object({
    data: Type.Array(schema),
    page: Type.Object({ nextCursor: Type.Union([Type.String(), Type.Null()]), hasMore: Type.Boolean() }),
  })

export const conditional = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'the ETag that you read; `*` overwrites whatever is there' })),
})
export const optionalMatch = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'honoured when sent' })),
})
